package webhook_test

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// tokensUnderAttack are two that are valid. One is the beginning of the other, which must make no difference.
var tokensUnderAttack = []webhook.Key{
	{ID: "new", Secret: "example-0123456789abcdef.~_"},
	{ID: "old", Secret: "example-0123456789abcde"},
}

// TestTokenForgery: every change of a token that somebody could make of it.
func TestTokenForgery(t *testing.T) {
	tokens, err := webhook.NewTokens(tokensUnderAttack)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range tokensUnderAttack {
		right := k.Secret
		for _, body := range []string{genuine, "", "\x00"} {
			want := webhook.Receipt{Proof: tracking.ProofURL, KeyID: k.ID, Key: sha256.Sum256([]byte(body))}
			if got, err := tokens.Verify(right, []byte(body)); err != nil || got != want {
				t.Errorf("%s: %+v, %v", k.ID, got, err)
			}
		}
		wrong := []string{
			"", " ", right + "/", "/" + right, right + " ", right + "\n", right + "\x00", right + right, right[1:], strings.ToUpper(right), "%65" + right[1:],
			right + "?x=1", right + "#", k.ID, "Bearer " + right, strings.Replace(right, "-", "%2d", 1), right + tokensUnderAttack[1-i].Secret,
			strings.Replace(right, "0", "０", 1), string(sha256Of(right)),
		}
		for n := range len(right) {
			wrong = append(wrong, right[:n])
		}
		for bit := range 8 * len(right) {
			text := []byte(right)
			text[bit/8] ^= 1 << (bit % 8)
			wrong = append(wrong, string(text))
		}
		for _, token := range wrong {
			if token == tokensUnderAttack[0].Secret || token == tokensUnderAttack[1].Secret {
				continue
			}
			if r, err := tokens.Verify(token, []byte(genuine)); err != webhook.ErrToken || r != (webhook.Receipt{}) {
				t.Errorf("%q: %+v, %v", token, r, err)
			}
		}
	}
}

func sha256Of(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// TestRandomTextIsAToken: what the documentation recommends is taken.
func TestRandomTextIsAToken(t *testing.T) {
	if _, err := webhook.NewTokens([]webhook.Key{{Secret: rand.Text()}}); err != nil {
		t.Error(err)
	}
}
