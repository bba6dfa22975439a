package webhooktest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// InboxHarness says how to get at an inbox. New is required.
type InboxHarness struct {
	// New makes an empty inbox, a fresh one each time. What it starts is stopped with t.Cleanup.
	New func(t *testing.T) webhook.Inbox

	// Reopen closes an inbox, as a restart would, and opens what it kept. Nil for an inbox that keeps nothing over one.
	Reopen func(t *testing.T, in webhook.Inbox) webhook.Inbox
}

// An inboxClause is one sentence of the contract of an inbox.
type inboxClause struct {
	name    string
	archive bool // is about [webhook.Archive]
	reopen  bool // needs InboxHarness.Reopen
	hold    func(b *box)
}

// RunInbox holds an inbox against the contract of [webhook.Inbox], and of [webhook.Archive] if it is one, one subtest a
// clause.
func RunInbox(t *testing.T, h InboxHarness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("webhooktest: InboxHarness.New is required")
	}
	for _, c := range slices.Concat(putClauses(), claimClauses(), finishClauses(), archiveClauses(), reopenClauses()) {
		t.Run(c.name, func(t *testing.T) {
			if c.reopen && h.Reopen == nil {
				t.Skip("the harness has no Reopen")
			}
			b := &box{T: t, in: h.New(t), harness: h, now: noon}
			if _, ok := b.in.(webhook.Archive); c.archive && !ok {
				t.Skip("the inbox is no archive")
			}
			c.hold(b)
		})
	}
}

// kst is a zone in which no computer of the tests is set by chance.
var kst = time.FixedZone("KST", 9*60*60)

// noon is when every case begins. It ends in microseconds: that is as much of a time as an inbox has to keep.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 123456000, kst)

// lease is how long messages are leased where it does not matter.
const lease = time.Minute

// A box is an inbox in a case, with the time that it is told.
type box struct {
	*testing.T
	in      webhook.Inbox
	harness InboxHarness
	now     time.Time
}

// message is the message of a number, received just now, those with higher numbers later.
func (b *box) message(n int) webhook.Message {
	key := webhook.Digest{byte(n >> 8), byte(n), 0xff, 0x00}
	return webhook.Message{
		Source: "toy", Key: key, Body: fmt.Appendf(nil, `{"n":%d}`, n), ContentType: "application/json; charset=utf-8",
		Proof: tracking.ProofBody | tracking.ProofTime, KeyID: "k1", SentAt: b.now.Add(-time.Second), ReceivedAt: b.now.Add(time.Duration(n-1000) * time.Microsecond),
	}
}

func id(m webhook.Message) webhook.LetterID {
	return webhook.LetterID{Source: m.Source, Key: m.Key}
}

// put puts a message that must be fresh.
func (b *box) put(m webhook.Message) {
	b.Helper()
	fresh, err := b.in.Put(b.Context(), m)
	if err != nil {
		b.Fatalf("Put: %v", err)
	}
	if !fresh {
		b.Fatalf("a message that was never put is not fresh")
	}
}

// duplicate puts a message that must be known.
func (b *box) duplicate(m webhook.Message, state string) {
	b.Helper()
	fresh, err := b.in.Put(b.Context(), m)
	if err != nil {
		b.Fatalf("Put of a message that is %s: %v", state, err)
	}
	if fresh {
		b.Errorf("a message that is %s is fresh when it comes again", state)
	}
}

func (b *box) claim(limit int) []webhook.Claim {
	b.Helper()
	claims, err := b.in.Claim(b.Context(), b.now, limit, lease)
	if err != nil {
		b.Fatalf("Claim: %v", err)
	}
	return claims
}

// all claims everything that is due, which must be so many messages, and gives them by number.
func (b *box) all(want int) []webhook.Claim {
	b.Helper()
	var claims []webhook.Claim
	for more := b.claim(100); len(more) > 0 && len(claims) <= want; more = b.claim(100) {
		claims = append(claims, more...)
	}
	if len(claims) != want {
		b.Fatalf("%d messages are claimed, want %d", len(claims), want)
	}
	slices.SortStableFunc(claims, func(a, b webhook.Claim) int { return bytes.Compare(a.Message.Key[:], b.Message.Key[:]) })
	return claims
}

// one claims the one message that must be due.
func (b *box) one() webhook.Claim {
	b.Helper()
	return b.all(1)[0]
}

// none finds nothing due.
func (b *box) none(why string) {
	b.Helper()
	if claims := b.claim(10); len(claims) != 0 {
		b.Fatalf("%d messages are claimed, %s", len(claims), why)
	}
}

func (b *box) finish(c webhook.Claim, f webhook.Finding) {
	b.Helper()
	if err := b.in.Finish(b.Context(), c, f); err != nil {
		b.Fatalf("Finish as %s: %v", f.State, err)
	}
}

// pass lets time pass.
func (b *box) pass(d time.Duration) { b.now = b.now.Add(d) }

func (b *box) done() webhook.Finding { return webhook.Finding{State: webhook.Done, At: b.now} }

func (b *box) dead() webhook.Finding {
	return webhook.Finding{State: webhook.Dead, At: b.now, Why: "nobody can read it"}
}

func (b *box) wait(d time.Duration) webhook.Finding {
	return webhook.Finding{State: webhook.Waiting, At: b.now.Add(d), Why: "no database"}
}

func (b *box) archive() webhook.Archive { return b.in.(webhook.Archive) }

// letters lists an archive.
func (b *box) letters(f webhook.LetterFilter) []webhook.Letter {
	b.Helper()
	var all []webhook.Letter
	for l, err := range b.archive().Letters(b.Context(), f) {
		if err != nil {
			b.Fatalf("Letters: %v", err)
		}
		all = append(all, l)
	}
	return all
}

// keys are the keys of messages, in order.
func keys(claims []webhook.Claim) (keys []webhook.Digest) {
	for _, c := range claims {
		keys = append(keys, c.Message.Key)
	}
	return keys
}

// same holds a message against the one that was put.
func (b *box) same(got, want webhook.Message) {
	b.Helper()
	switch {
	case got.Source != want.Source:
		b.Errorf("the source is %q, want %q", got.Source, want.Source)
	case got.Key != want.Key:
		b.Errorf("the key is %v, want %v", got.Key, want.Key)
	case !bytes.Equal(got.Body, want.Body):
		b.Errorf("a body of %d bytes came back as %d bytes, or as others", len(want.Body), len(got.Body))
	case got.ContentType != want.ContentType:
		b.Errorf("the content type is %q, want %q", got.ContentType, want.ContentType)
	case got.Encoding != want.Encoding:
		b.Errorf("the encoding is %q, want %q", got.Encoding, want.Encoding)
	case got.Proof != want.Proof:
		b.Errorf("the proof is %v, want %v", got.Proof, want.Proof)
	case got.KeyID != want.KeyID:
		b.Errorf("the key id is %q, want %q", got.KeyID, want.KeyID)
	case !got.SentAt.Equal(want.SentAt):
		b.Errorf("sent at %v, want %v", got.SentAt, want.SentAt)
	case !got.ReceivedAt.Equal(want.ReceivedAt):
		b.Errorf("received at %v, want %v", got.ReceivedAt, want.ReceivedAt)
	}
}

// ended is a context that is over.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
