package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
)

// sweet posts to the query product with the demo key.
func sweet(t *testing.T, w *World, path string, fields map[string]string) reply {
	t.Helper()
	body := map[string]string{"t_key": w.Demo().SweetTrackerKey}
	for name, value := range fields {
		body[name] = value
	}
	return fetch(t, w.Client(), request(t, http.MethodPost, w.URLs("").SweetTracker+"/api/v1/"+path, body))
}

// track asks trackingInfo for a magic number.
func track(t *testing.T, w *World, m MagicNumber) map[string]any {
	t.Helper()
	code, _ := courier.ToProvider(courier.SweetTracker, m.Courier)
	return decode[map[string]any](t, sweet(t, w, "trackingInfo", map[string]string{"t_code": code, "t_invoice": m.Number}).body)
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTrackingInfoShape(t *testing.T) {
	w := newWorld(t, Config{})
	got := sweet(t, w, "trackingInfo", map[string]string{"t_code": "04", "t_invoice": magic(t, "delivered").Number})
	if got.status != 200 || got.header.Get("Content-Type") != "application/json;charset=UTF-8" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	p := decode[sweetParcel](t, got.body)
	if p.Result != "Y" || p.Level != 6 || !p.Complete || p.CompleteYN != "Y" || len(p.TrackingDetails) != 5 {
		t.Errorf("%s", got.body)
	}
	last := p.TrackingDetails[4]
	if last.TimeString != "2026-09-28 08:00:00" || last.Time != referenceStart.Add(-time.Hour).UnixMilli() || last.Kind != "배송완료" ||
		*p.LastDetail != last || *p.FirstDetail != p.TrackingDetails[0] {
		t.Errorf("%+v", p)
	}
	if raw := decode[map[string]any](t, got.body); raw["status"] != nil {
		t.Error("a success has no status")
	}
}

func TestUnscannedParcelHasNoScanMembers(t *testing.T) {
	got := track(t, newWorld(t, Config{}), magic(t, "pending"))
	if got["result"] != "N" || got["level"] != 0.0 || got["complete"] != false || got["completeYN"] != "N" {
		t.Errorf("%v", got)
	}
	for _, absent := range []string{"trackingDetails", "firstDetail", "lastDetail", "lastStateDetail"} {
		if _, there := got[absent]; there {
			t.Errorf("%s is there", absent)
		}
	}
}

func TestSweetTrackerRefusals(t *testing.T) {
	w := newWorld(t, Config{})
	url := w.URLs("").SweetTracker + "/api/v1/trackingInfo"
	form := request(t, http.MethodPost, url, "t_key=x")
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, c := range map[string]struct {
		r    *http.Request
		want int
	}{
		"get":  {request(t, http.MethodGet, url, nil), 405},
		"form": {form, 415},
		"none": {request(t, http.MethodPost, url, nil), 400},
		"text": {request(t, http.MethodPost, url, "x"), 400},
		"path": {request(t, http.MethodPost, w.URLs("").SweetTracker+"/api/v2/x", "{}"), 404},
	} {
		got := fetch(t, w.Client(), c.r)
		body := decode[map[string]any](t, got.body)
		if path, _ := body["path"].(string); got.status != c.want || body["status"] != float64(c.want) || !strings.HasPrefix(path, "/api/v") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for name, c := range map[string]struct {
		fields map[string]string
		want   string
	}{
		"no key":     {map[string]string{"t_key": ""}, "101"},
		"wrong key":  {map[string]string{"t_key": "0123456789012345678901"}, "101"},
		"no courier": {map[string]string{"t_invoice": cj(107)}, "104"},
		"letters":    {map[string]string{"t_code": "04", "t_invoice": "12AB"}, "104"},
		"not found":  {map[string]string{"t_code": "04", "t_invoice": magic(t, "not-found").Number}, "104"},
	} {
		got := sweet(t, w, "trackingInfo", c.fields)
		if body := decode[map[string]any](t, got.body); got.status != 200 || body["code"] != c.want || body["status"] != false || body["msg"] == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestSweetTrackerAllowance(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{SweetTrackerQuota: 5, SweetTrackerDaily: 2}})
	m := magic(t, "in-transit")
	for i, want := range []any{nil, nil, "105"} {
		if got := track(t, w, m); got["code"] != want {
			t.Errorf("question %d: %v", i+1, got["code"])
		}
	}
	w.Clock().Set(midnight(referenceStart).AddDate(0, 0, 1))
	for i, want := range []any{nil, nil, "103"} {
		if got := track(t, w, m); got["code"] != want {
			t.Errorf("next day, question %d: %v", i+1, got["code"])
		}
	}
	usage := decode[map[string]any](t, sweet(t, w, "key/usage", nil).body)
	if usage["leftAmount"] != 0.0 || usage["totalAmount"] != 5.0 || usage["endDate"] != "2026-10-01 00:00:00" || usage["key"] != w.Demo().SweetTrackerKey {
		t.Errorf("%v", usage)
	}
}

func TestSweetTrackerLists(t *testing.T) {
	w := newWorld(t, Config{})
	companies := decode[struct{ Company []map[string]any }](t, sweet(t, w, "companylist", nil).body).Company
	found := 0
	for _, c := range companies {
		if c["Code"] == "04" && c["Name"] == "CJ대한통운" && c["International"] == "false" || c["Code"] == "12" && c["International"] == "true" {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%v", companies)
	}
	recommend := decode[struct{ Recommend []map[string]any }](t, sweet(t, w, "recommend", map[string]string{"t_invoice": cj(107)}).body).Recommend
	if len(recommend) == 0 || recommend[0]["Code"] == "" || recommend[0]["International"] != nil {
		t.Errorf("%v", recommend)
	}
}

// trace posts to the trace product with the demo account.
func trace(t *testing.T, w *World, path string, fields map[string]any) reply {
	t.Helper()
	body := map[string]any{
		"tier": w.Demo().SweetTrackerTier, "key": w.Demo().SweetTrackerTraceKey,
		"callback_url": "https://shop.example/hooks/token", "callback_type": "json", "type": "json",
	}
	for name, value := range fields {
		body[name] = value
	}
	return fetch(t, w.Client(), request(t, http.MethodPost, w.URLs("").SweetTrackerTrace+path, body))
}

func TestAddInvoice(t *testing.T) {
	w := newWorld(t, Config{})
	for _, step := range []struct {
		num, code, fid, want string
	}{
		{cj(107), "04", "D1", ""},
		{cj(107), "04", "D1", "03"},
		{"550000001078", "04", "D2", "02"},
		{cj(107), "36", "D3", "04"},
		{"", "04", "D4", "01"},
		{cj(105), "04", "", "01"},
		{magic(t, "sweettracker-trace/99").Number, "04", "D5", "99"},
	} {
		got := decode[traceReply](t, trace(t, w, "/add_invoice", map[string]any{"num": step.num, "code": step.code, "fid": step.fid}).body)
		if got.ECode != step.want || got.Success != (step.want == "") || got.FID != step.fid || got.Num != step.num {
			t.Errorf("%+v: %+v", step, got)
		}
	}
	if got := w.Registrations(); len(got) != 1 || got[0].Ref != "D1" || got[0].Callback != "https://shop.example/hooks/token" {
		t.Errorf("%+v", got)
	}
	if got := trace(t, w, "/add_invoice", map[string]any{"key": "wrong"}); got.status != 401 {
		t.Errorf("wrong key: %d", got.status)
	}
	form := request(t, http.MethodPost, w.URLs("").SweetTrackerTrace+"/add_invoice", "num="+cj(105)+"&code=04&fid=D6&callback_url=https://x.example/&tier="+
		w.Demo().SweetTrackerTier+"&key="+w.Demo().SweetTrackerTraceKey)
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := decode[traceReply](t, fetch(t, w.Client(), form).body); !got.Success {
		t.Errorf("form: %+v", got)
	}
}

func TestAddInvoiceList(t *testing.T) {
	w := newWorld(t, Config{})
	got := decode[traceListReply](t, trace(t, w, "/add_invoice_list", map[string]any{"list": []traceItem{
		{cj(107), "04", "D1"}, {lotte(102), "08", "D2"}, {"550000001078", "04", "D3"},
	}}).body)
	outcome := map[string]string{}
	for _, r := range got.List {
		outcome[r.FID] = r.ECode
	}
	if !got.Success || len(outcome) != 3 || outcome["D1"] != "" || outcome["D2"] != "" || outcome["D3"] != "02" || got.List[0].FID != "D3" {
		t.Errorf("%+v", got)
	}
	empty := decode[traceListReply](t, trace(t, w, "/add_invoice_list", map[string]any{"list": []traceItem{}}).body)
	if empty.Success || empty.ECode != "01" || len(empty.List) != 0 {
		t.Errorf("%+v", empty)
	}
}

func TestValidateAndBareCompanyList(t *testing.T) {
	w := newWorld(t, Config{})
	for num, want := range map[string]bool{cj(107): true, "550000001078": false, "": false} {
		got := decode[map[string]any](t, trace(t, w, "/validate", map[string]any{"num": num, "code": "04"}).body)
		if got["success"] != want || got["code"] != "04" || got["num"] != num {
			t.Errorf("%q: %v", num, got)
		}
	}
	list := decode[[]map[string]any](t, fetch(t, w.Client(), request(t, http.MethodGet, w.URLs("").SweetTrackerTrace+"/companylist", nil)).body)
	if len(list) < 10 || list[0]["Code"] == "" || list[0]["International"] != nil {
		t.Errorf("%v", list)
	}
}

func TestTraceRefusesUnreadableRequests(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{TraceList: 1}})
	base := w.URLs("").SweetTrackerTrace
	for path, want := range map[string]int{"/add_invoice": 400, "/add_invoice_list": 400, "/validate": 400, "/delete_invoice": 404} {
		if got := fetch(t, w.Client(), request(t, http.MethodPost, base+path, "{")); got.status != want {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	nobody := decode[traceReply](t, fetch(t, w.Client(), request(t, http.MethodPost, base+"/add_invoice", "{}")).body)
	if nobody.Success || nobody.ECode != "01" {
		t.Errorf("%+v", nobody)
	}
	many := decode[traceListReply](t, trace(t, w, "/add_invoice_list", map[string]any{"list": []traceItem{{cj(1), "04", "A"}, {cj(2), "04", "B"}}}).body)
	if many.Success || many.ECode != "01" {
		t.Errorf("%+v", many)
	}
}
