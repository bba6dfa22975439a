package sweettracker

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

func TestHotSwap(t *testing.T) {
	key := "FIRST-KEY"
	var sent []string
	c := carrierOf(func(req *http.Request) (*http.Response, error) {
		var body accountBody
		decodeBody(t, req, &body)
		sent = append(sent, body.Key)
		return answerJSON(`{"status":false,"msg":"` + "FIRST-KEY SECOND-KEY" + `","code":"101"}`), nil
	}, func(c *Config) {
		c.Key = ""
		c.Credentials = func(context.Context) (string, error) { return key, nil }
	})
	q := tracking.Query{Courier: courier.CJ, Number: "550000001234"}
	_, _ = askOne(t, c, q)
	key = "SECOND-KEY"
	_, err := askOne(t, c, q)
	if diff := cmp.Diff([]string{"FIRST-KEY", "SECOND-KEY"}, sent); diff != "" {
		t.Errorf("keys (-want +sent):\n%s", diff)
	}
	if text := err.Error(); strings.Contains(text, "FIRST-KEY") || strings.Contains(text, "SECOND-KEY") || !strings.Contains(text, "*** ***") {
		t.Errorf("the error shows a key, old or new: %s", text)
	}
	key = " "
	if _, err := askOne(t, c, q); !errors.Is(err, tracking.ErrCredentials) || len(sent) != 2 {
		t.Errorf("an empty key: %v, %d requests", err, len(sent))
	}
}

func TestCredentialsFunctionFails(t *testing.T) {
	vault := errors.New("vault: token s.CANARY expired")
	c := carrierOf(nil, func(c *Config) {
		c.Credentials = func(context.Context) (string, error) { return "", vault }
	})
	_, err := askOne(t, c, tracking.Query{Courier: courier.CJ, Number: "550000001234"})
	if !errors.Is(err, tracking.ErrCredentials) || !errors.Is(err, vault) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("%v", err)
	}
}

func TestKeyringKeepsFewSecrets(t *testing.T) {
	key := ""
	ring := newKeyring("", func(context.Context) (string, error) { return key, nil }, func(k string) []string { return []string{k} })
	for i := range 100 {
		key = strings.Repeat("k", i+1)
		if _, err := ring.current(t.Context(), "query"); err != nil {
			t.Fatal(err)
		}
	}
	if hidden := ring.hidden(); len(hidden) != keptSecrets || hidden[keptSecrets-1] != key {
		t.Errorf("%d secrets kept", len(hidden))
	}
}
