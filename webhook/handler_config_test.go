package webhook_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func TestNewHandlerReportsEverything(t *testing.T) {
	invalid := newSigned(t, "invalid", webhook.Terms{})
	invalid.invalid = errors.New("a secret is missing")
	odd := newSigned(t, "odd", webhook.Terms{
		MaxBody: -1, ContentTypes: []string{"application/json; charset=utf-8", "json"},
		Accepted: webhook.Answer{Body: "ok"}, TryAgain: webhook.Answer{Status: 302},
		Refused: webhook.Answer{Status: 204, Body: "no"}, Malformed: webhook.Answer{Status: 400, ContentType: "text/plain"},
	})
	h, err := webhook.NewHandler(webhook.Config{
		Sources: []webhook.Source{
			nil, (*signedSource)(nil), newSigned(t, "", webhook.Terms{}), newSigned(t, "Upper", webhook.Terms{}), newSigned(t, "a/b", webhook.Terms{}),
			newSigned(t, "..", webhook.Terms{}), newSigned(t, strings.Repeat("x", 65), webhook.Terms{}),
			newSigned(t, "twice", webhook.Terms{}), newSigned(t, "twice", webhook.Terms{}), invalid, odd,
			newSigned(t, "sad", webhook.Terms{Accepted: webhook.Answer{Status: 404}}),
		},
		InboxTimeout: -time.Second,
	})
	if h != nil || err == nil {
		t.Fatalf("got %v, %v", h, err)
	}
	for _, want := range []string{
		"source 1: is nil", "source 2: *webhook_test.signedSource panics", `source 3: "" is no name`, `source 4: "Upper"`, `source 5: "a/b"`,
		`source 6: ".."`, "source 7: ", `two sources are named "twice"`, "source invalid: a secret is missing",
		"MaxBody is -1", `"application/json; charset=utf-8"`, `ContentTypes has "json"`, "answer Accepted has status 0", "answer TryAgain has status 302",
		"answer Refused has a body, which status 204", "answer Malformed has a content type and no body",
		"answer Accepted has status 404", "no inbox", "InboxTimeout is -1s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	if _, err := webhook.NewHandler(webhook.Config{Inbox: &fakeInbox{}}); err == nil || err.Error() != "webhook: no sources" {
		t.Errorf("without sources: %v", err)
	}
}

func TestHandlerShowsNames(t *testing.T) {
	s := newStage(t, nil, newSigned(t, "signed", webhook.Terms{}), newToken(t, "token"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, s.Handler); got != "webhook.Handler(signed, token)" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
