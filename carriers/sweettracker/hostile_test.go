package sweettracker

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// sharedReader is made once: tests read with it some ten thousand times.
var sharedReader = newReader(nil, false)

// read puts a body through everything that reads answers to queries, as the transport would.
func read(body []byte, status int, keepRaw bool) (*tracking.Parcel, *tracking.Error) {
	reader := *sharedReader
	reader.keepRaw = keepRaw
	l := lookup{carrier: &Carrier{reader: &reader}}
	l.subject = subject{op: opQuery, courier: courier.CJ, number: "550000001234"}
	at := time.Date(2026, 3, 3, 6, 0, 0, 0, time.UTC)
	if failed := l.classify(&transport.Response{Status: status, Header: http.Header{}, Body: body, At: at}); failed != nil {
		return nil, failed
	}
	return l.carrier.reader.parcel(tracking.Query{Courier: courier.CJ, Number: "550000001234"}, &l.answer, at), nil
}

// checkParcel tests what holds for a parcel whatever it was read from.
func checkParcel(t *testing.T, p *tracking.Parcel) {
	t.Helper()
	if _, err := json.Marshal(p); err != nil {
		t.Errorf("the parcel cannot be stored: %v", err)
	}
	if len(p.Verdicts) > 1 {
		t.Errorf("%d verdicts", len(p.Verdicts))
	}
	for i, e := range p.Events {
		if e.Carrier != Name || e.AnswerAt.IsZero() || e.MapVersion == "" {
			t.Errorf("event %d does not say where it came from: %+v", i, e)
		}
		if e.At.IsZero() != (e.Precision == tracking.PrecisionNone) {
			t.Errorf("event %d at %v with precision %v", i, e.At, e.Precision)
		}
		if !e.At.IsZero() {
			if _, offset := e.At.Zone(); offset != 9*3600 {
				t.Errorf("event %d at %v", i, e.At)
			}
		}
		if strings.ContainsAny(e.Text+e.Place, "\n\r\x00") {
			t.Errorf("event %d: %q at %q", i, e.Text, e.Place)
		}
	}
	settled := *p
	settled.Events = slices.Clone(p.Events)
	settled.Settle(tracking.Context{})
	if diff := cmp.Diff(*p, settled); diff != "" {
		t.Errorf("settling again changes it (-before +after):\n%s", diff)
	}
}

// Whatever happens to an answer on its way, reading it ends, and an error never becomes a status.
func TestMutatedAnswers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	for _, name := range fixtureNames(t, "query-") {
		f := loadFixture(t, name)
		whole := f.Response.bytes()
		_, failed := read(whole, f.Response.Status, false)
		for range 300 {
			body := mutate(random, whole)
			parcel, err := read(body, f.Response.Status, random.IntN(2) == 0)
			if parcel != nil && failed != nil {
				t.Fatalf("%s became %v by: %s", name, parcel.Status, body)
			}
			if parcel != nil {
				checkParcel(t, parcel)
			} else if err.Kind == nil {
				t.Fatalf("%s: an error without a kind", name)
			}
		}
	}
}

func mutate(random *rand.Rand, whole []byte) []byte {
	body := append([]byte(nil), whole...)
	if len(body) == 0 {
		return body
	}
	if random.IntN(4) == 0 {
		return body[:random.IntN(len(body))]
	}
	for range 1 + random.IntN(4) {
		at := random.IntN(len(body))
		switch random.IntN(3) {
		case 0:
			body[at] = byte(random.IntN(256))
		case 1:
			body = append(body[:at], body[at+1:]...)
		case 2:
			body = append(body[:at], append([]byte(`{}[]",:0e-n`)[random.IntN(11):][:1], body[at:]...)...)
		}
		if len(body) == 0 {
			break
		}
	}
	return body
}

// One odd item harms only itself, and makes the parcel partial if nothing can be made of it.
func TestOddItems(t *testing.T) {
	const good = `{"time":1772443200000,"where":"서울가상","kind":"집화처리","level":2}`
	for item, want := range map[string]struct {
		events  int
		partial bool
	}{
		`null`:   {1, false},
		`{}`:     {1, false},
		`"text"`: {1, true},
		`17`:     {1, true},
		`[]`:     {1, true},
		`{"time":"1772469600000","level":"3","kind":"간선하차","where":"가상HUB"}`: {2, false},
		`{"time":1772469600000.0,"level":3.0,"kind":"간선하차","where":"가상HUB"}`: {2, false},
		`{"time":[],"level":{},"kind":17,"where":true,"timeString":null}`:    {2, false},
		`{"time":9223372036854775807,"level":99999999999,"kind":"x"}`:        {2, false},
		`{"time":1e400,"level":-1e400,"kind":"x"}`:                           {2, false},
		`{"time":-5,"timeString":"0000-00-00 00:00:00","kind":"x"}`:          {2, false},
	} {
		for _, list := range []string{good + "," + item, item + "," + good} {
			for _, keepRaw := range []bool{false, true} {
				parcel, err := read([]byte(`{"result":"Y","level":2,"trackingDetails":[`+list+`]}`), 200, keepRaw)
				if err != nil {
					t.Fatalf("%s: %v", list, err)
				}
				checkParcel(t, parcel)
				if len(parcel.Events) != want.events || parcel.Partial != want.partial {
					t.Errorf("%s: %d events, partial %t", list, len(parcel.Events), parcel.Partial)
				}
				if parcel.Status < tracking.StatusPickedUp {
					t.Errorf("%s: the good item was lost: %v", list, parcel.Status)
				}
			}
		}
	}
	parcel, err := read([]byte(`{"result":"Y","level":2,"trackingDetails":{"0":`+good+`},"lastDetail":`+good+`}`), 200, false)
	if err != nil || !parcel.Partial || len(parcel.Events) != 1 {
		t.Errorf("%v, %v", parcel, err)
	}
}

// The two ways of reading must agree on everything that both can read.
func TestStrictAndLooseAgree(t *testing.T) {
	for _, name := range fixtureNames(t, "query-") {
		body := loadFixture(t, name).Response.bytes()
		var strict, loose answer
		strictErr, looseErr := strict.read(body, false), loose.readLoosely(body, false)
		if (strictErr == nil) != (looseErr == nil) {
			t.Errorf("%s: %v, %v", name, strictErr, looseErr)
		}
		if strictErr != nil {
			continue
		}
		strict.CompleteYN, loose.CompleteYN = fmt.Sprint(strict.CompleteYN == "Y"), fmt.Sprint(loose.CompleteYN == "Y")
		if len(strict.Details) == 0 {
			strict.Details = nil
		}
		if !reflect.DeepEqual(strict, loose) {
			t.Errorf("%s:\nstrict %+v\n loose %+v", name, strict, loose)
		}
	}
}

// The order of the list is the provider's, also beside the summary scans.
func TestSummaryScansKeepTheOrder(t *testing.T) {
	scan := func(kind string) string {
		return `{"timeString":"2026-03-03 01:40:00","where":"가상HUB","kind":"` + kind + `","level":3}`
	}
	parcel, err := read([]byte(`{"result":"Y","level":3,"trackingDetails":[`+scan("b")+","+scan("c")+`],"firstDetail":`+scan("a")+
		`,"lastDetail":`+scan("c")+`,"lastStateDetail":`+scan("d")+`}`), 200, false)
	if err != nil {
		t.Fatal(err)
	}
	var kinds string
	for _, e := range parcel.Events {
		kinds += e.Text
	}
	if kinds != "abcd" {
		t.Errorf("order %s", kinds)
	}
}

func TestScanTimes(t *testing.T) {
	for _, test := range []struct {
		scan      scan
		courier   tracking.Courier
		want      string
		precision tracking.Precision
		assumed   bool
	}{
		{scan{Time: 1772443200000, TimeString: "1999-01-01 00:00:00"}, courier.CJ, "2026-03-02 18:20:00", tracking.PrecisionMinute, false},
		{scan{Time: 0, TimeString: "2026-03-02 18:20:05"}, courier.CJ, "2026-03-02 18:20:05", tracking.PrecisionMinute, true},
		{scan{TimeString: "2026-03-02 18:20"}, courier.CJ, "2026-03-02 18:20:00", tracking.PrecisionMinute, true},
		{scan{Time: -1, TimeString: "2026-03-02 18:20"}, courier.CJ, "2026-03-02 18:20:00", tracking.PrecisionMinute, true},
		{scan{Time: 9e18, TimeString: "2026-03-02 18:20"}, courier.CJ, "2026-03-02 18:20:00", tracking.PrecisionMinute, true},
		{scan{TimeString: "2026-03-02 --:--"}, courier.Lotte, "2026-03-02 00:00:00", tracking.PrecisionDay, true},
		{scan{TimeString: "2026-03-02"}, courier.Lotte, "2026-03-02 00:00:00", tracking.PrecisionDay, true},
		{scan{TimeString: "2026-03-02 23:59:59"}, courier.Lotte, "2026-03-02 23:59:59", tracking.PrecisionDay, true},
		{scan{TimeString: "2026-03-02 23:59:59"}, courier.CJ, "2026-03-02 23:59:59", tracking.PrecisionMinute, true},
		{scan{TimeString: "2026-03-02 25:99"}, courier.CJ, "", tracking.PrecisionNone, false},
		{scan{TimeString: "2026-02-30 10:00"}, courier.CJ, "", tracking.PrecisionNone, false},
		{scan{TimeString: "0001-01-01 00:00:00"}, courier.CJ, "", tracking.PrecisionNone, false},
		{scan{TimeString: "어제"}, courier.CJ, "", tracking.PrecisionNone, false},
		{scan{}, courier.CJ, "", tracking.PrecisionNone, false},
	} {
		got := test.scan.when(test.courier)
		if clockLine(got.at) != test.want || got.precision != test.precision || got.assumed != test.assumed {
			t.Errorf("%+v at %s: %v, %v, %t", test.scan, test.courier, got.at, got.precision, got.assumed)
		}
	}
}

func TestNextKoreanDay(t *testing.T) {
	for from, want := range map[string]string{
		"2026-03-02T14:59:59Z": "2026-03-03T00:00:00+09:00",
		"2026-03-02T15:00:00Z": "2026-03-04T00:00:00+09:00",
		"2026-12-31T00:00:00Z": "2027-01-01T00:00:00+09:00",
	} {
		at, err := time.Parse(time.RFC3339, from)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextKoreanDay(at).Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", from, got, want)
		}
	}
}

func TestEstimates(t *testing.T) {
	const onVan = `"trackingDetails":[{"time":1772496300000,"kind":"배송출발","where":"부산가상","level":5}]`
	for _, test := range []struct{ estimate, window, estimated string }{
		{"15:00~17:00", "03 15:00–17:00", ""},
		{" 13∼15시 ", "03 13:00–15:00", ""},
		{"2026-03-04 18:00", "", "2026-03-04 18:00:00"},
		{"2026-03-04", "", "2026-03-04 00:00:00"},
		{"오늘 중", "", ""},
		{"", "", ""},
	} {
		body := fmt.Sprintf(`{"result":"Y","level":5,"estimate":%q,%s}`, test.estimate, onVan)
		parcel, err := read([]byte(body), 200, false)
		if err != nil {
			t.Fatal(err)
		}
		if windowLine(parcel.Window) != test.window || clockLine(parcel.Estimated) != test.estimated {
			t.Errorf("%q: window %q, estimated %q", test.estimate, windowLine(parcel.Window), clockLine(parcel.Estimated))
		}
	}
	parcel, err := read([]byte(`{"result":"Y","level":5,"trackingDetails":[{"time":1772496300000,"kind":"배송출발\n(13∼15시)","level":5}]}`), 200, false)
	if err != nil || windowLine(parcel.Window) != "03 13:00–15:00" || parcel.Events[0].Text != "배송출발 (13∼15시)" {
		t.Errorf("%+v, %v", parcel, err)
	}
}

// A label of another parcel under the same number decides nothing, and neither does the summary of its scans.
func TestSinceReachesSettle(t *testing.T) {
	f := loadFixture(t, "query-delivered")
	q := asked(t, f)
	q.Since = kstTime("2026-06-01 09:00:00")
	parcel, err := askOne(t, carrierOf(play(t, f)), q)
	if err != nil || parcel.Status != tracking.StatusPending || !parcel.DeliveredAt.IsZero() {
		t.Errorf("%+v, %v", parcel, err)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, name := range fixtureNames(f, "query-") {
		fixture := loadFixture(f, name)
		f.Add(fixture.Response.bytes(), fixture.Response.Status, false)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int, keepRaw bool) {
		parcel, err := read(body, status, keepRaw)
		switch {
		case (parcel == nil) == (err == nil):
			t.Errorf("%v beside %v", parcel, err)
		case parcel != nil && !isSuccess(status):
			t.Errorf("a parcel out of HTTP %d", status)
		case parcel != nil:
			checkParcel(t, parcel)
		case err.Kind == nil || strings.ContainsAny(err.Error(), "\n\r"):
			t.Errorf("%#v", err)
		}
	})
}

func FuzzRegisterReply(f *testing.F) {
	for _, name := range fixtureNames(f, "trace-add-") {
		f.Add(loadFixture(f, name).Response.bytes(), strings.Contains(name, "list"))
	}
	f.Fuzz(func(t *testing.T, body []byte, list bool) {
		sent := 1
		if list {
			sent = 5
		}
		s := subject{op: opSubscribe, courier: courier.CJ, number: "550000001234"}
		resp := &transport.Response{Status: 200, Body: body}
		var reply registerReply
		if failed := reply.classify(&s, resp, sent, list); failed != nil {
			if failed.Kind == nil || strings.ContainsAny(failed.Error(), "\n\r") {
				t.Errorf("%#v", failed)
			}
			return
		}
		for i := range sent {
			e := entry{registration: &tracking.Registration{}, subject: s, wire: registerEntry{FID: fmt.Sprint("D", i+1)}}
			if list && len(reply.List) > 0 {
				e.settle(reply.about(e.wire.FID), resp)
			} else {
				e.settle(&reply.registerItem, resp)
			}
			if e.registration.Existing && e.registration.Err != nil {
				t.Errorf("registered and refused: %+v", e.registration)
			}
		}
	})
}

func FuzzCourierList(f *testing.F) {
	for _, name := range append(fixtureNames(f, "companylist"), "recommend", "trace-companylist", "key-usage") {
		f.Add(loadFixture(f, name).Response.bytes())
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var list courierList
		if list.read(body) == nil {
			for i := range list.Company {
				if info := list.Company[i].info(); info.Code != "" && info.Courier == "" {
					t.Errorf("%+v", info)
				}
			}
		}
	})
}
