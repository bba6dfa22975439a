package webhook_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

var (
	_ webhook.Inbox   = (*webhook.MemoryInbox)(nil)
	_ webhook.Archive = (*webhook.MemoryInbox)(nil)
)

func TestMemoryInboxDropsBodiesOfDone(t *testing.T) {
	in := webhook.NewMemoryInbox()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	m := webhook.Message{Source: "toy", Key: webhook.Digest{1}, Body: []byte("0123456789"), ReceivedAt: now}
	if fresh, err := in.Put(t.Context(), m); !fresh || err != nil {
		t.Fatalf("Put: %v, %v", fresh, err)
	}
	claims, err := in.Claim(t.Context(), now, 1, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatalf("Claim: %d, %v", len(claims), err)
	}
	if err := in.Finish(t.Context(), claims[0], webhook.Finding{State: webhook.Done, At: now}); err != nil {
		t.Fatal(err)
	}
	for letter, err := range in.Letters(t.Context(), webhook.LetterFilter{}) {
		if err != nil || letter.State != webhook.Done || letter.Message.Body != nil {
			t.Errorf("%v, body of %d bytes, %v", letter.State, len(letter.Message.Body), err)
		}
	}
	if n, err := in.Replay(t.Context(), now, webhook.LetterID{Source: m.Source, Key: m.Key}); n != 0 || err != nil {
		t.Errorf("replayed %d without a body, %v", n, err)
	}
}

func TestMemoryInbox(t *testing.T) {
	webhooktest.RunInbox(t, webhooktest.InboxHarness{New: func(*testing.T) webhook.Inbox { return webhook.NewMemoryInbox() }})
}
