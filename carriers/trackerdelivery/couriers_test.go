package trackerdelivery

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/tracking"
)

// listed collects a sequence, whose error must be last.
func listed(t testing.TB, l tracking.Lister) ([]tracking.CourierInfo, error) {
	t.Helper()
	var infos []tracking.CourierInfo
	var last error
	for info, err := range l.Couriers(t.Context()) {
		if last != nil {
			t.Fatal("the sequence goes on after its error")
		}
		if last = err; err == nil {
			infos = append(infos, info)
		}
	}
	return infos, last
}

func TestCouriers(t *testing.T) {
	all := allExchanges(t)
	server := replies(all["managed-carriers-page1"].reply(), all["managed-carriers-page2"].reply())
	carrier := managed(server)
	infos, err := listed(t, carrier)
	if err != nil {
		t.Fatal(err)
	}
	want := []tracking.CourierInfo{
		{Courier: "cj", Code: "kr.cjlogistics", Name: "CJ대한통운", Phone: "+8215881255"},
		{Courier: "hanjin", Code: "kr.hanjin", Name: "한진택배", Phone: "+8215880011"},
		{Courier: "lotte", Code: "kr.lotte", Name: "롯데택배", Phone: "+8215882121"},
	}
	if diff := cmp.Diff(want, infos); diff != "" {
		t.Errorf("couriers (-want +got):\n%s", diff)
	}
	sent := server.seen()
	if len(sent) != 2 || sent[1].variables["after"] != "eyJpbmRleCI6MX0=" || sent[0].variables["after"] != nil || sent[0].variables["first"] != 20.0 {
		t.Errorf("sent %v", sent)
	}
	if !strings.Contains(sent[0].document, "id name") {
		t.Error("names were not asked for")
	}
	if _, err := listed(t, carrier); err != nil || len(server.seen()) != 2 {
		t.Errorf("again: %v, %d calls", err, len(server.seen()))
	}
}

func TestSelfHostedCouriers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := allExchanges(t)
		server := &server{answer: func(s sent) reply {
			if s.variables["after"] == nil {
				return all["selfhosted-carriers-first100-clamped"].reply()
			}
			return all["selfhosted-carriers-second-page"].reply()
		}}
		carrier := selfHosted(server)
		infos, err := listed(t, carrier)
		if err != nil || len(infos) <= 20 || len(server.seen()) != 2 {
			t.Fatalf("%d couriers, %v, %d calls", len(infos), err, len(server.seen()))
		}
		for _, info := range infos {
			if info.Name == "" || info.Code == "" || info.Courier == "" || info.International == strings.HasPrefix(info.Code, "kr.") && !international(info.Code) {
				t.Errorf("%+v", info)
			}
		}
		if strings.Contains(server.seen()[0].document, "name") {
			t.Error("a self-hosted server was asked for names")
		}
		time.Sleep(listedFor + time.Second)
		if _, err := listed(t, carrier); err != nil || len(server.seen()) != 4 {
			t.Errorf("a day later: %v, %d calls", err, len(server.seen()))
		}
	})
}

// TestCouriersStop: a break stops the work, and an unfinished list is not kept for the whole.
func TestCouriersStop(t *testing.T) {
	all := allExchanges(t)
	server := replies(all["managed-carriers-page1"].reply(), all["managed-carriers-page1"].reply(), all["managed-carriers-page2"].reply())
	carrier := managed(server)
	for range carrier.Couriers(t.Context()) {
		break
	}
	if n := len(server.seen()); n != 1 {
		t.Errorf("%d calls", n)
	}
	if infos, err := listed(t, carrier); err != nil || len(infos) != 3 {
		t.Errorf("%d couriers, %v", len(infos), err)
	}
}

func TestCouriersFail(t *testing.T) {
	all := allExchanges(t)
	server := replies(all["managed-carriers-page1"].reply(), all["managed-error-forbidden"].reply())
	infos, err := listed(t, managed(server))
	var e *tracking.Error
	if len(infos) != 2 || !errors.As(err, &e) || e.Kind != tracking.ErrForbidden || e.Op != "couriers" {
		t.Errorf("%d couriers, %v", len(infos), err)
	}
	if _, err := listed(t, New(Config{})); !errors.Is(err, tracking.ErrCredentials) {
		t.Error(err)
	}
}

// TestEmptyListsAreNotBelieved: kept for a day, they would make every masked failure an unknown courier.
func TestEmptyListsAreNotBelieved(t *testing.T) {
	for _, carrier := range []tracking.Lister{
		managed(replies(jsonReply(`{"data":{"carriers":{"edges":[],"pageInfo":{"hasNextPage":false}}}}`))), old(replies(jsonReply(`[]`))),
	} {
		synctest.Test(t, func(t *testing.T) {
			for range 2 {
				for info, err := range carrier.Couriers(t.Context()) {
					if !errors.Is(err, tracking.ErrProtocol) {
						t.Errorf("got %+v, %v", info, err)
					}
				}
			}
		})
	}
}

// TestCouriersEnd: a server that says for ever that there is more is not followed for ever.
func TestCouriersEnd(t *testing.T) {
	server := replies(jsonReply(`{"data":{"carriers":{"edges":[{"cursor":"x","node":{"id":"a.b"}},{"cursor":"y","node":null},{"cursor":"y","node":{"id":"dev.track.dummy"}}],"pageInfo":{"hasNextPage":true}}}}`))
	infos, err := listed(t, managed(server))
	if err != nil || len(infos) != 1 || len(server.seen()) != 2 {
		t.Errorf("%v, %v, %d calls", infos, err, len(server.seen()))
	}
}

// listServer answers masked to every parcel, and lists carriers.
func listServer(t *testing.T, list func() reply) *server {
	masked := allExchanges(t)["selfhosted-error-masked-not-found"].reply()
	return &server{answer: func(s sent) reply {
		if s.operation() == "Carriers" {
			return list()
		}
		return masked
	}}
}

func list(ids ...string) func() reply {
	var edges []string
	for _, id := range ids {
		edges = append(edges, `{"cursor":"`+id+`","node":{"id":"`+id+`"}}`)
	}
	return func() reply {
		return jsonReply(`{"data":{"carriers":{"edges":[%s],"pageInfo":{"hasNextPage":false}}}}`, strings.Join(edges, ","))
	}
}

// TestMasked: what a self-hosted server hides is narrowed without its text, and is never "not found".
func TestMasked(t *testing.T) {
	tests := []struct {
		id, number string
		kind       error
		masked     bool
		retry      tracking.Retry
	}{
		{"xx.nope", "100000000001", tracking.ErrUnsupportedCourier, false, tracking.RetryNever},
		{"dev.stub.parcel", "12-34", tracking.ErrUpstream, true, tracking.RetrySlow},
		{"dev.stub.parcel", "100000000404", tracking.ErrUpstream, true, tracking.RetrySlow},
		{"kr.cjlogistics", "12345678901", tracking.ErrInvalidNumber, false, tracking.RetryNever},
		{"kr.cjlogistics", "123456789012", tracking.ErrUpstream, true, tracking.RetrySlow},
		{"kr.cjlogistics", "1234567890", tracking.ErrUpstream, true, tracking.RetrySlow},
		{"kr.lotte", "550000001235", tracking.ErrUpstream, true, tracking.RetrySlow},
		{"kr.lotte", "550000001234", tracking.ErrInvalidNumber, false, tracking.RetryNever},
		{"kr.hanjin", "1234567890", tracking.ErrInvalidNumber, false, tracking.RetryNever},
		{"kr.hanjin", "12345678901234", tracking.ErrUpstream, true, tracking.RetrySlow},
	}
	server := listServer(t, list("dev.stub.parcel", "kr.cjlogistics", "kr.lotte", "kr.hanjin"))
	carrier := selfHosted(server)
	for _, tt := range tests {
		_, err := one(t, carrier, stub(tt.id, tt.number))
		var e *tracking.Error
		if !errors.As(err, &e) || e.Kind != tt.kind || e.Masked != tt.masked || e.Retry != tt.retry || errors.Is(err, tracking.ErrNotFound) {
			t.Errorf("%s %s: %v (masked %v, %v), want %v", tt.id, tt.number, err, e.Masked, e.Retry, tt.kind)
		}
	}
	lists := 0
	for _, name := range server.operations() {
		if name == "Carriers" {
			lists++
		}
	}
	if lists != 1 {
		t.Errorf("the list was read %d times", lists)
	}
}

func TestMaskedInABatch(t *testing.T) {
	all := allExchanges(t)
	server := &server{answer: func(s sent) reply {
		if s.operation() == "Carriers" {
			return list("dev.stub.parcel")()
		}
		return all["selfhosted-alias-all-fail"].reply()
	}}
	results, err := selfHosted(server).Query(t.Context(), []tracking.Query{stub("dev.stub.parcel", "100000000404"), stub("dev.stub.parcel", "100000000500")})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		var e *tracking.Error
		if !errors.As(r.Err, &e) || !e.Masked || e.Kind != tracking.ErrUpstream {
			t.Errorf("%v", r.Err)
		}
	}
}

// TestMaskedWithoutList: when the list cannot be read, nothing is concluded from it, and it is not asked for each time.
func TestMaskedWithoutList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := listServer(t, func() reply { return reply{status: 404, body: []byte("nothing here")} })
		carrier := selfHosted(server)
		for range 3 {
			_, err := one(t, carrier, stub("xx.nope", "100000000001"))
			var e *tracking.Error
			if !errors.As(err, &e) || e.Kind != tracking.ErrUpstream || !e.Masked {
				t.Fatalf("%v", err)
			}
		}
		if got := strings.Count(strings.Join(server.operations(), " "), "Carriers"); got != 1 {
			t.Errorf("the list was asked for %d times", got)
		}
		time.Sleep(listFailedFor + time.Second)
		_, _ = one(t, carrier, stub("xx.nope", "100000000001"))
		if got := strings.Count(strings.Join(server.operations(), " "), "Carriers"); got != 2 {
			t.Errorf("after a minute the list was asked for %d times", got)
		}
	})
}

func TestObservedAliasAnswers(t *testing.T) {
	all := allExchanges(t)
	for name, want := range map[string]int{
		"selfhosted-alias-50-by-variables": 50, "selfhosted-alias-6-every-outcome": 6, "selfhosted-alias-2-one-fails": 2, "selfhosted-alias-same-number-twice": 2,
	} {
		var got answer[tracks]
		if err := got.read(all[name].response()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := len(*got.Data); n != want {
			t.Errorf("%s: %d aliases, want %d", name, n, want)
		}
		for alias, track := range *got.Data {
			f, _ := got.worst(ModeSelfHosted, func(string) bool { return true }, func(of string) bool { return of == alias })
			if (track == nil || !track.LastEvent.readable()) && f == nil && name != "selfhosted-alias-50-by-variables" && name != "selfhosted-alias-6-every-outcome" {
				t.Errorf("%s: %s has neither data nor error", name, alias)
			}
			if track == nil && f == nil {
				t.Errorf("%s: %s has neither data nor error", name, alias)
			}
		}
	}
}
