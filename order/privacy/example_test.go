package privacy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/waybill-dev/waybill/order/privacy"
)

func Example() {
	key, err := privacy.NewKey([]byte("32 random bytes from a key store"))
	if err != nil {
		log.Fatal(err)
	}
	records, err := privacy.NewMemory(key) // a host uses OpenLog, or a table of its own
	if err != nil {
		log.Fatal(err)
	}
	guard, err := privacy.NewGuard(privacy.Config{
		Authorize: func(_ context.Context, r privacy.Request) error {
			if r.Actor != "op-17" {
				return errors.New("no role PII_VIEWER")
			}
			return nil
		},
		Sink: records,
		Key:  key,
		Now:  func() time.Time { return time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	name, phone := privacy.Name("홍길동"), privacy.Phone("010-1234-5678")
	permit, err := guard.Issue(ctx, privacy.Request{
		Actor: "op-17", Purpose: "배송 문의 응대", Source: "10.0.3.9",
		Fields: []privacy.Kind{privacy.KindName, privacy.KindPhone},
	})
	if err != nil {
		log.Fatal(err)
	}
	texts, err := guard.Unmask(ctx, permit, "o-1001", name, phone)
	fmt.Println(name, phone, "→", texts[0], texts[1], err)

	// Who saw the data of o-1001?
	accesses, err := records.Accesses()
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range accesses {
		if a.SubjectKey == key.Subject("o-1001") {
			fmt.Println(a.At.Format(time.DateTime), a.Actor, a.Action, a.Fields, a.Purpose)
		}
	}
	// Output:
	// 홍*동 010-****-5678 → 홍길동 010-1234-5678 <nil>
	// 2026-03-02 01:00:00 op-17 VIEW [name phone] 배송 문의 응대
}

// A value shows its mask wherever it is printed, also from an unexported field.
func ExampleSensitive() {
	type recipient struct {
		Name    privacy.Sensitive `json:"name"`
		Address privacy.Sensitive `json:"address"`
		Memo    privacy.Sensitive `json:"memo,omitzero"`
	}
	to := recipient{Name: privacy.Name("홍길동"), Address: privacy.Address("서울특별시 강남구 테헤란로 123")}
	fmt.Printf("%v\n", to)
	encoded, err := json.Marshal(to)
	fmt.Println(string(encoded), err)

	quiet := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	slog.New(slog.NewTextHandler(os.Stdout, quiet)).Info("shipped", "to", to.Name, "phone", privacy.Phone("02-123-4567"))
	// Output:
	// {홍*동 서울특별시 강남구 테헤란로 *** }
	// {"name":"홍*동","address":"서울특별시 강남구 테헤란로 ***"} <nil>
	// level=INFO msg=shipped to=홍*동 phone=02-***-4567
}

func ExampleProfile() {
	for _, p := range []privacy.Profile{privacy.Standard, privacy.Strict} {
		fmt.Println(p, p.Name("홍길동"), p.Phone("010-1234-5678"), p.Email("abcdef@naver.com"))
	}
	// Output:
	// standard 홍*동 010-****-5678 ab****@naver.com
	// strict 홍** 010-****-**** ab****@naver.com
}

// Without a reason nothing is exported, and without a record nothing is shown but masks.
func ExampleGuard_UnmaskAll() {
	key, err := privacy.NewKey([]byte("32 random bytes from a key store"))
	if err != nil {
		log.Fatal(err)
	}
	disk := full{}
	guard, err := privacy.NewGuard(privacy.Config{
		Authorize: func(context.Context, privacy.Request) error { return nil }, Sink: disk, Key: key,
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	request := privacy.Request{
		Actor: "op-17", Purpose: "송장 일괄 등록", Source: "10.0.3.9", Action: privacy.Export, Fields: []privacy.Kind{privacy.KindName},
	}
	_, err = guard.Issue(ctx, request)
	fmt.Println(err)

	request.Reason = "택배사 계약 양식 제출"
	permit, err := guard.Issue(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	rows, err := guard.UnmaskAll(ctx, permit,
		privacy.Disclosure{Subject: "o-1", Values: []privacy.Sensitive{privacy.Name("홍길동")}},
		privacy.Disclosure{Subject: "o-2", Values: []privacy.Sensitive{privacy.Name("김철")}},
	)
	fmt.Println(rows, err)
	// Output:
	// privacy: incomplete request: no reason
	// [[홍*동] [김*]] privacy: access not recorded: disk full
}

type full struct{}

func (full) Record(context.Context, []privacy.Access) error { return errors.New("disk full") }

func ExampleVerify() {
	key, err := privacy.NewKey([]byte("32 random bytes from a key store"))
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	records, err := privacy.NewLog(&file, key, privacy.Anchor{})
	if err != nil {
		log.Fatal(err)
	}
	for _, actor := range []string{"op-17", "op-18", "op-19"} {
		if err := records.Record(context.Background(), []privacy.Access{{Actor: actor, Action: privacy.View}}); err != nil {
			log.Fatal(err)
		}
	}
	end, err := privacy.Verify(bytes.NewReader(file.Bytes()), key, privacy.Anchor{})
	fmt.Println(end.Records, end == records.Anchor(), err)

	changed := bytes.Replace(file.Bytes(), []byte("op-18"), []byte("op-17"), 1)
	end, err = privacy.Verify(bytes.NewReader(changed), key, privacy.Anchor{})
	fmt.Println(end.Records, err)
	// Output:
	// 3 true <nil>
	// 1 privacy: access log tampered with: record 2
}

func ExampleRetention() {
	small := privacy.System{People: 12_000}
	seoul := time.FixedZone("KST", 9*60*60)
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, seoul)
	for _, r := range []privacy.Retention{small.Retention(), privacy.System{}.Retention()} {
		fmt.Println(r.Until(at).Format(time.DateOnly))
	}
	// Output:
	// 2027-03-02
	// 2028-03-02
}
