package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// A secret is being changed: pushes signed with the one or the other are taken until the provider has the new one alone.
func ExampleNewVerifier() {
	scheme := webhook.TimedHMAC("X-Shop-Signature", "X-Shop-Timestamp")
	verifier, err := webhook.NewVerifier(scheme, []webhook.Key{
		{ID: "2026-09", Secret: "example-secret-of-september"},
		{ID: "2025-12", Secret: "example-secret-of-december"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	header := http.Header{}
	header.Set("X-Shop-Timestamp", "1790553600")
	header.Set("X-Shop-Signature", "sha256=74da9b54eac1d62cab4a9798ba3daa506aad8a1052aab08bda0cea2dc5f2975d")
	body, now := []byte(`{"parcel":"550000001072"}`), time.Unix(1790553605, 0)

	receipt, err := verifier.Verify(header, body, now)
	fmt.Println(receipt.KeyID, receipt.SentAt, receipt.Proof&tracking.ProofBody != 0, err)

	_, err = verifier.Verify(header, []byte(`{"parcel":"550000001083"}`), now)
	fmt.Println(errors.Is(err, webhook.ErrSignatureMismatch))
	// Output:
	// 2025-12 2026-09-28 00:00:00 +0000 UTC true <nil>
	// true
}

// A test of your own mounting signs as the provider does, and asks your server.
func ExampleNewSigner() {
	signer, err := webhook.NewSigner(webhook.TimedHMAC("X-Shop-Signature", "X-Shop-Timestamp"), webhook.Key{Secret: "example-secret-of-september"})
	if err != nil {
		fmt.Println(err)
		return
	}
	header := http.Header{"Content-Type": {"application/json"}}
	signer.Sign(header, []byte(`{"parcel":"550000001072"}`), time.Unix(1790553600, 0), "")
	fmt.Println(header.Get("X-Shop-Timestamp"))
	fmt.Println(header.Get("X-Shop-Signature"))
	// Output:
	// 1790553600
	// sha256=264ac1a77976dcafcdff0e6cae88a80be409670abcd80d100f1d28ae185fb07e
}

func ExampleStandardWebhooks() {
	key := webhook.Key{Secret: "whsec_example/secret+0123456789abcdef0"}
	verifier, err := webhook.NewVerifier(webhook.StandardWebhooks(), []webhook.Key{key})
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := webhook.NewSigner(webhook.StandardWebhooks(), key)
	if err != nil {
		fmt.Println(err)
		return
	}

	header, body, now := http.Header{}, []byte(`{"type":"parcel.delivered"}`), time.Unix(1790553600, 0)
	signer.Sign(header, body, now, "msg_1")
	_, err = verifier.Verify(header, body, now)
	fmt.Println(err)
	_, err = verifier.Verify(header, body, now.Add(time.Hour)) // sent again by somebody who listened
	fmt.Println(err)
	// Output:
	// <nil>
	// webhook: the time of sending is outside the tolerance
}

// The provider signs nothing. Its callback address ends in a token, made once with crypto/rand.Text.
func ExampleNewTokens() {
	tokens, err := webhook.NewTokens([]webhook.Key{{ID: "shop", Secret: "EXAMPLE7KQJ2MZTVXN5C3WYBDA"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	receipt, err := tokens.Verify("EXAMPLE7KQJ2MZTVXN5C3WYBDA", []byte(`{"parcel":"550000001072"}`))
	fmt.Println(receipt.KeyID, receipt.Proof == tracking.ProofURL, err)

	_, err = tokens.Verify("EXAMPLE", nil)
	fmt.Println(err)
	// Output:
	// shop true <nil>
	// webhook: the address does not end in a valid token
}
