package show

import (
	"bytes"
	"context"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
)

func TestRecords(t *testing.T) {
	answer := settled("04", "5500-0000-1234",
		tracking.Event{At: at(20, 9), Status: tracking.StatusPickedUp, Text: "집화 <처리>", Place: "고양"},
		tracking.Event{Status: tracking.StatusInTransit, Text: "간선상차", Precision: tracking.PrecisionNone})
	silence := settled("trackerdelivery:kr.cjlogistics", "550000001234")
	missing := tracking.Result{Query: tracking.Query{Courier: "trackerdelivery:kr.new", Number: "a-1"}, Carrier: "test"}
	missing.Err = &tracking.Error{Carrier: "test", Kind: tracking.ErrNotFound}
	left := missing
	left.Err = &tracking.Error{Carrier: "test", Err: context.Canceled}
	for want, r := range map[string]tracking.Result{
		`{"carrier":"test","courier":"cj","number":"550000001234","status":"IN_TRANSIT","events":[` +
			`{"time":"2026-11-20T09:00:00+09:00","status":"PICKED_UP","text":"집화 <처리>","place":"고양"},` +
			`{"time":"","status":"IN_TRANSIT","text":"간선상차","place":""}],"error":null}`: answer,
		`{"carrier":"test","courier":"cj","number":"550000001234","status":"REGISTERED","events":[],"error":null}`: silence,
		`{"carrier":"test","courier":"trackerdelivery:kr.new","number":"a-1","status":"","events":[],` +
			`"error":{"kind":"not_found","message":"test: no data for this number"}}`: missing,
		`{"carrier":"test","courier":"trackerdelivery:kr.new","number":"a-1","status":"","events":[],` +
			`"error":{"kind":"other","message":"test: context canceled"}}`: left,
	} {
		var out bytes.Buffer
		if err := JSON(&out, r); err != nil || out.String() != want+"\n" {
			t.Errorf("%v\ngot  %swant %s", err, &out, want)
		}
	}
}
