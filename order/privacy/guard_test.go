package privacy_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/privacy"
)

const secretText = "a secret for tests only"

var begin = time.Date(2026, 3, 2, 10, 0, 0, 0, time.FixedZone("KST", 9*60*60))

// office is a guard with everything around it that a test may turn.
type office struct {
	guard *privacy.Guard
	log   *privacy.Memory
	key   privacy.Key

	now     time.Time
	denial  error // what Authorize says
	failure error // what the sink says
	asked   []privacy.Request
}

func newKey(t testing.TB) privacy.Key {
	t.Helper()
	key, err := privacy.NewKey([]byte(secretText))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{key: newKey(t), now: begin}
	var err error
	if o.log, err = privacy.NewMemory(o.key); err != nil {
		t.Fatal(err)
	}
	o.guard, err = privacy.NewGuard(privacy.Config{
		Authorize: func(_ context.Context, r privacy.Request) error {
			o.asked = append(o.asked, r)
			return o.denial
		},
		Sink: o, Key: o.key, Now: func() time.Time { return o.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Record is a sink that does not look at its context.
func (o *office) Record(ctx context.Context, accesses []privacy.Access) error {
	if o.failure != nil {
		return o.failure
	}
	return o.log.Record(context.WithoutCancel(ctx), accesses)
}

func (o *office) permit(t testing.TB, r privacy.Request) privacy.Permit {
	t.Helper()
	p, err := o.guard.Issue(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (o *office) accesses(t testing.TB) []privacy.Access {
	t.Helper()
	accesses, err := o.log.Accesses()
	if err != nil {
		t.Fatal(err)
	}
	return accesses
}

func request(fields ...privacy.Kind) privacy.Request {
	return privacy.Request{Actor: "op-17", Purpose: "배송 문의 응대", Source: "10.0.3.9", Fields: fields}
}

func export(fields ...privacy.Kind) privacy.Request {
	r := request(fields...)
	r.Action, r.Reason = privacy.Export, "택배사 송장 일괄 등록"
	return r
}

func storing(fields ...privacy.Kind) privacy.Request {
	r := request(fields...)
	r.Action, r.Reason, r.Table = privacy.Store, "주문 저장", "shop.recipients"
	return r
}

var (
	hong  = privacy.Name("홍길동")
	phone = privacy.Phone("010-1234-5678")
	memo  = privacy.Memo("공동현관 1234")
)

func TestUnmask(t *testing.T) {
	o := newOffice(t)
	p := o.permit(t, request(privacy.KindPhone, privacy.KindName, privacy.KindPhone, privacy.KindMemo))
	got, err := o.guard.Unmask(t.Context(), p, "o-1001", phone, hong, privacy.Sensitive{}, privacy.Phone("02-123-4567"))
	if want := []string{"010-1234-5678", "홍길동", "", "02-123-4567"}; err != nil || !slices.Equal(got, want) {
		t.Fatalf("Unmask gives %q, %v; want %q", got, err, want)
	}
	want := []privacy.Access{{
		Actor: "op-17", Purpose: "배송 문의 응대", Fields: []privacy.Kind{privacy.KindName, privacy.KindPhone},
		SubjectKey: o.key.Subject("o-1001"), Action: privacy.View, Count: 1, At: begin.UTC(), Source: "10.0.3.9",
	}}
	if got := o.accesses(t); !reflect.DeepEqual(got, want) {
		t.Errorf("recorded %+v, want %+v", got, want)
	}
	if log := string(o.log.Bytes()); strings.Contains(log, "o-1001") || strings.Contains(log, "홍") {
		t.Errorf("the record names the subject: %s", log)
	}
}

func TestUnmaskAll(t *testing.T) {
	o := newOffice(t)
	p := o.permit(t, export(privacy.KindName, privacy.KindPhone))
	got, err := o.guard.UnmaskAll(t.Context(), p,
		privacy.Disclosure{Subject: "o-1", Values: []privacy.Sensitive{hong, phone}},
		privacy.Disclosure{Subject: "o-2", Values: []privacy.Sensitive{{}}},
		privacy.Disclosure{Subject: "o-3", Values: []privacy.Sensitive{privacy.Strict.Name("김철")}})
	if want := [][]string{{"홍길동", "010-1234-5678"}, {""}, {"김철"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("UnmaskAll gives %q, %v; want %q", got, err, want)
	}
	accesses := o.accesses(t)
	if len(accesses) != 2 {
		t.Fatalf("%d records, want one for each subject of whom something was shown", len(accesses))
	}
	for i, subject := range []string{"o-1", "o-3"} {
		a := accesses[i]
		if a.SubjectKey != o.key.Subject(subject) || a.Count != 2 || a.Action != privacy.Export || a.Reason == "" {
			t.Errorf("record %d is %+v", i, a)
		}
	}
	if none, err := o.guard.UnmaskAll(t.Context(), p); len(none) != 0 || err != nil {
		t.Errorf("UnmaskAll of nothing gives %q, %v", none, err)
	}
}

// Whatever is wrong, the caller gets masks and an error, and no record tells of an access.
func TestUnmaskRefused(t *testing.T) {
	other := newOffice(t)
	for name, tc := range map[string]struct {
		permit func(*office) privacy.Permit
		nobody bool // no subject
		turn   func(*office)
		want   error
	}{
		"no permit":         {permit: func(*office) privacy.Permit { return privacy.Permit{} }, want: privacy.ErrRefused},
		"of another guard":  {permit: func(*office) privacy.Permit { return other.permit(t, request(privacy.KindName)) }, want: privacy.ErrRefused},
		"expired":           {turn: func(o *office) { o.now = begin.Add(privacy.DefaultLifetime) }, want: privacy.ErrExpired},
		"field not covered": {permit: func(o *office) privacy.Permit { return o.permit(t, request(privacy.KindPhone)) }, want: privacy.ErrOutside},
		"for storage":       {permit: func(o *office) privacy.Permit { return o.permit(t, storing(privacy.KindName)) }, want: privacy.ErrOutside},
		"no subject":        {nobody: true, want: privacy.ErrRequest},
		"sink down":         {turn: func(o *office) { o.failure = errors.New("disk full") }, want: privacy.ErrNotRecorded},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			if tc.permit == nil {
				tc.permit = func(o *office) privacy.Permit { return o.permit(t, request(privacy.KindName)) }
			}
			p := tc.permit(o)
			if tc.turn != nil {
				tc.turn(o)
			}
			before := len(o.accesses(t))
			subject := "o-1"
			if tc.nobody {
				subject = ""
			}
			got, err := o.guard.Unmask(t.Context(), p, subject, hong)
			if !errors.Is(err, tc.want) || !slices.Equal(got, []string{"홍*동"}) {
				t.Errorf("Unmask gives %q, %v; want the mask and %v", got, err, tc.want)
			}
			if after := len(o.accesses(t)); after != before {
				t.Errorf("%d records of what did not happen", after-before)
			}
		})
	}
}

func TestUnmaskStopsWithContext(t *testing.T) {
	o := newOffice(t)
	p := o.permit(t, request(privacy.KindName))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := o.guard.Unmask(ctx, p, "o-1", hong)
	if got[0] != "홍*동" || !errors.Is(err, privacy.ErrNotRecorded) || !errors.Is(err, context.Canceled) {
		t.Errorf("Unmask gives %q, %v", got, err)
	}
	if accesses := o.accesses(t); len(accesses) > 0 {
		t.Errorf("recorded %+v", accesses)
	}
	if err := o.log.Record(ctx, []privacy.Access{access(0)}); !errors.Is(err, context.Canceled) {
		t.Errorf("the log records under an ended context: %v", err)
	}
}

func TestOneUncoveredFieldRefusesAll(t *testing.T) {
	o := newOffice(t)
	p := o.permit(t, export(privacy.KindName, privacy.KindPhone))
	got, err := o.guard.UnmaskAll(t.Context(), p,
		privacy.Disclosure{Subject: "o-1", Values: []privacy.Sensitive{hong}},
		privacy.Disclosure{Subject: "o-2", Values: []privacy.Sensitive{phone, memo}})
	if want := [][]string{{"홍*동"}, {"010-****-5678", "********"}}; !errors.Is(err, privacy.ErrOutside) || !reflect.DeepEqual(got, want) {
		t.Errorf("UnmaskAll gives %q, %v; want %q", got, err, want)
	}
}

func TestIssueAsksTheHost(t *testing.T) {
	o := newOffice(t)
	r := request(privacy.KindPhone, privacy.KindName, privacy.KindName)
	r.Reason = "고객 요청\n(010-1234-5678)"
	p := o.permit(t, r)
	want := request(privacy.KindName, privacy.KindPhone)
	want.Action, want.Reason = privacy.View, "고객 요청 (010-****-5678)"
	if len(o.asked) != 1 || !reflect.DeepEqual(o.asked[0], want) {
		t.Errorf("the host was asked %+v, want %+v", o.asked, want)
	}
	if !p.Allows(privacy.KindName) || p.Allows(privacy.KindMemo) || p.Action() != privacy.View {
		t.Errorf("the permit is %v", p)
	}
	if got := p.Expires(); !got.Equal(begin.Add(privacy.DefaultLifetime)) {
		t.Errorf("it ends at %v", got)
	}
	o.asked[0].Fields[0] = privacy.KindMemo
	if p.Allows(privacy.KindMemo) {
		t.Error("the host changed the permit afterwards")
	}

	o.denial = errors.New("no role PII_VIEWER")
	p, err := o.guard.Issue(t.Context(), r)
	if !errors.Is(err, privacy.ErrRefused) || !errors.Is(err, o.denial) || p != (privacy.Permit{}) {
		t.Errorf("denied, Issue gives %v, %v", p, err)
	}
}

func TestIncompleteRequests(t *testing.T) {
	o := newOffice(t)
	name := privacy.KindName
	for what, change := range map[string]func(*privacy.Request){
		"actor":        func(r *privacy.Request) { r.Actor = " " },
		"purpose":      func(r *privacy.Request) { r.Purpose = "\u200b" },
		"source":       func(r *privacy.Request) { r.Source = "" },
		"fields":       func(r *privacy.Request) { r.Fields = nil },
		"known field":  func(r *privacy.Request) { r.Fields = []privacy.Kind{name, 99} },
		"known action": func(r *privacy.Request) { r.Action = "PRINT" },
		"export":       func(r *privacy.Request) { *r = export(name); r.Reason = "" },
		"blank reason": func(r *privacy.Request) { *r = export(name); r.Reason = " \n-." },
		"store":        func(r *privacy.Request) { *r = storing(name); r.Reason = "" },
		"table":        func(r *privacy.Request) { *r = storing(name); r.Table = "" },
		"no table":     func(r *privacy.Request) { r.Table = "recipients" },
	} {
		r := request(name)
		change(&r)
		p, err := o.guard.Issue(t.Context(), r)
		if !errors.Is(err, privacy.ErrRequest) || p != (privacy.Permit{}) {
			t.Errorf("%s: Issue gives %v, %v", what, p, err)
		}
	}
	if len(o.asked) > 0 {
		t.Errorf("the host was asked %d incomplete requests", len(o.asked))
	}
	_, err := o.guard.Issue(t.Context(), privacy.Request{Action: privacy.Export})
	for _, missing := range []string{"actor", "purpose", "source", "reason", "fields"} {
		if err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("%q does not name the %s", err, missing)
		}
	}
}

func TestStorage(t *testing.T) {
	o := newOffice(t)
	p := o.permit(t, storing(privacy.KindName, privacy.KindPhone))
	want := []privacy.Access{{
		Actor: "op-17", Purpose: "배송 문의 응대", Fields: []privacy.Kind{privacy.KindName, privacy.KindPhone}, Action: privacy.Store,
		SubjectKey: o.key.Subject("shop.recipients"), At: begin.UTC(), Source: "10.0.3.9", Reason: "주문 저장",
	}}
	if got := o.accesses(t); !reflect.DeepEqual(got, want) {
		t.Errorf("recorded %+v, want %+v", got, want)
	}
	columns, err := o.guard.UnmaskForStorage(t.Context(), p, hong, phone)
	if err != nil || !slices.Equal(columns, []string{"홍길동", "010-1234-5678"}) {
		t.Errorf("UnmaskForStorage gives %q, %v", columns, err)
	}
	if columns, err = o.guard.UnmaskForStorage(t.Context(), p, hong, memo); columns != nil || !errors.Is(err, privacy.ErrOutside) {
		t.Errorf("a memo: UnmaskForStorage gives %q, %v", columns, err)
	}
	view := o.permit(t, request(privacy.KindName))
	if columns, err = o.guard.UnmaskForStorage(t.Context(), view, hong); columns != nil || !errors.Is(err, privacy.ErrOutside) {
		t.Errorf("to view: UnmaskForStorage gives %q, %v", columns, err)
	}
	o.now = begin.Add(privacy.DefaultLifetime)
	if columns, err = o.guard.UnmaskForStorage(t.Context(), p, hong); columns != nil || !errors.Is(err, privacy.ErrExpired) {
		t.Errorf("late: UnmaskForStorage gives %q, %v", columns, err)
	}
	o.failure = errors.New("disk full")
	if p, err := o.guard.Issue(t.Context(), storing(privacy.KindName)); p != (privacy.Permit{}) || !errors.Is(err, privacy.ErrNotRecorded) {
		t.Errorf("unrecorded: Issue gives %v, %v", p, err)
	}
}

func TestNewGuardTellsAllFaults(t *testing.T) {
	_, err := privacy.NewGuard(privacy.Config{Lifetime: -1})
	for _, fault := range []string{"Authorize", "Sink", "Key", "Lifetime"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%v does not name %s", err, fault)
		}
	}
}

// A record is there before the data is, whoever else asks at the same time.
func TestRecordComesFirst(t *testing.T) {
	log, err := privacy.NewMemory(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	guard, err := privacy.NewGuard(privacy.Config{
		Authorize: func(context.Context, privacy.Request) error { return nil }, Sink: log, Key: newKey(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := guard.Issue(t.Context(), request(privacy.KindName))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				subject := fmt.Sprintf("o-%d-%d", i, j)
				got, err := guard.Unmask(t.Context(), p, subject, hong)
				recorded := strings.Contains(string(log.Bytes()), newKey(t).Subject(subject))
				if err != nil || got[0] != "홍길동" || !recorded {
					t.Errorf("%s: %q, %v, recorded: %v", subject, got, err, recorded)
				}
			}
		})
	}
	wg.Wait()
	if accesses, err := log.Accesses(); err != nil || len(accesses) != 80 {
		t.Errorf("%d records, %v; want 80", len(accesses), err)
	}
}

func TestKey(t *testing.T) {
	key := newKey(t)
	if again := newKey(t); again != key || again.Subject("o-1") != key.Subject("o-1") {
		t.Error("the same secret gives another key")
	}
	other, err := privacy.NewKey([]byte("another secret for tests"))
	if err != nil {
		t.Fatal(err)
	}
	digests := map[string]string{}
	for what, digest := range map[string]string{
		"subject": key.Subject("010-1234-5678"), "other subject": key.Subject("o-2"), "value": key.Digest(phone),
		"kind": key.Digest(privacy.Other("010-1234-5678")), "other key": other.Digest(phone), "text": key.Digest(hong),
	} {
		if before, ok := digests[digest]; ok || len(digest) != 64 {
			t.Errorf("%s is %q, as %s", what, digest, before)
		}
		digests[digest] = what
	}
	if key.Digest(phone) != key.Digest(phone.Under(privacy.Strict)) || key.Digest(privacy.Sensitive{}) != "" {
		t.Error("equal values have other digests, or an empty one has one")
	}
	if none := (privacy.Key{}); none.Subject("o-1") != "" || none.Digest(phone) != "" || !none.IsZero() {
		t.Error("the zero key hashes")
	}
	if _, err := privacy.NewKey(make([]byte, privacy.MinSecret-1)); err == nil {
		t.Error("a short secret is taken")
	}
}
