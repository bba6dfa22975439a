package webhook_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

// dispatch is a provider of the host's own, which signs as many do. The adapters have their sources ready.
type dispatch struct{ verifier *webhook.Verifier }

func (dispatch) Name() string { return "dispatch" }

func (dispatch) Terms() webhook.Terms {
	return webhook.Terms{MaxBody: 64 << 10, ContentTypes: []string{"application/json"}}
}

func (d dispatch) Verify(r *webhook.Request) (webhook.Receipt, error) {
	receipt, err := d.verifier.Verify(r.Header, r.Body, r.At)
	if err == nil {
		receipt.Key = sha256.Sum256(r.Body) // its bodies hold the time of sending, so that no two are the same
	}
	return receipt, err
}

func (dispatch) Read(context.Context, webhook.Message) (webhook.Reading, error) {
	return webhook.Reading{Ignored: "only an example"}, nil
}

// A handler is mounted above the names of its sources, in front of whatever reads bodies.
func ExampleNewHandler() {
	scheme := webhook.TimedHMAC("X-Dispatch-Signature", "X-Dispatch-Timestamp")
	key := webhook.Key{ID: "2026-09", Secret: "example-secret-of-32-characters!"}
	verifier, err := webhook.NewVerifier(scheme, []webhook.Key{key})
	if err != nil {
		fmt.Println(err)
		return
	}
	inbox := webhook.NewMemoryInbox() // a durable one in earnest
	worker := &webhook.Worker{Inbox: inbox, Sources: []webhook.Source{dispatch{verifier}}}
	handler, err := webhook.NewHandler(webhook.Config{
		Sources: worker.Sources, Inbox: inbox, Wake: worker.Wake,
	})
	if err != nil {
		fmt.Println(err) // every fault of the configuration at once
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/", handler) // the provider calls https://shop.example/webhooks/dispatch

	// A host tests its mounting by signing as the provider does.
	signer, err := webhook.NewSigner(scheme, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	const body = `{"event":"arrived","sent":"2026-09-28T12:00:00+09:00"}`
	for _, tampered := range []string{"", " "} {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/dispatch", strings.NewReader(body+tampered))
		r.Header.Set("Content-Type", "application/json")
		signer.Sign(r.Header, []byte(body), time.Now(), "")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// 401
}
