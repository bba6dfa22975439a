package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/report"
)

// A result is how a month went.
type result struct {
	Orders      int           `json:"orders"`
	Parcels     int           `json:"parcels"`
	Events      int           `json:"events"`  // scans
	Actions     int           `json:"actions"` // done, undoing included
	Calls       int64         `json:"calls"`   // of providers, by this process
	Differences int           `json:"differences"`
	Found       []string      `json:"found,omitempty"` // the first differences
	PeakMiB     float64       `json:"peak_rss_mib"`
	Seconds     float64       `json:"seconds"` // of this process
	Report      report.Report `json:"report"`
}

const mostFound = 20

// judge compares what the ledger holds with what was true.
func (m *month) judge(ctx context.Context, engine *fulfill.Engine, keep ledger) (*result, error) {
	b, err := believed(ctx, keep, m.ids())
	if err != nil {
		return nil, err
	}
	if m.options.dump != "" {
		if err := b.dump(m.options.dump); err != nil {
			return nil, err
		}
	}
	r := &result{Orders: len(b.Orders), Parcels: len(b.Shipments), Actions: len(b.Actions)}
	for _, s := range b.Shipments {
		r.Events += len(s.Events)
	}
	r.Found = differences(b, m.world, m.stories)
	if r.Differences = len(r.Found); r.Differences > mostFound {
		r.Found = r.Found[:mostFound]
	}
	for _, s := range engine.Stats().Polls {
		r.Calls += s.Calls
	}
	if r.Report, err = m.report(ctx, engine, keep); err != nil {
		return nil, err
	}
	r.PeakMiB, r.Seconds = peakMiB(), time.Since(m.began).Seconds()
	return r, nil
}

// ids are the orders of the month.
func (m *month) ids() []order.OrderID {
	ids := make([]order.OrderID, len(m.stories))
	for i, s := range m.stories {
		ids[i] = s.id
	}
	return ids
}

// tell prints the result.
func (m *month) tell(ctx context.Context, r *result, engine *fulfill.Engine, stdout io.Writer) error {
	if m.options.asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(r)
	}
	if err := r.Report.WriteText(stdout, m.options.language); err != nil {
		return err
	}
	for _, id := range m.remarkable() {
		why, err := engine.Explain(ctx, id)
		if err != nil {
			return err
		}
		language := fulfill.English
		if m.options.language == report.Korean {
			language = fulfill.Korean
		}
		fmt.Fprintf(stdout, "\n%s\n", strings.TrimSpace(why.Text(language)))
	}
	if err := m.regret(ctx, engine, stdout); err != nil {
		return err
	}
	line := "%d orders, %d parcels, %d scans, %d calls, %d actions; %d differences from the truth.\n"
	if m.options.language == report.Korean {
		line = "주문 %d, 운송장 %d, 스캔 %d, 조회 %d, 후속 처리 %d; 실제와 다른 것 %d.\n"
	}
	fmt.Fprintf(stdout, "\n"+line, r.Orders, r.Parcels, r.Events, r.Calls, r.Actions, r.Differences)
	for _, f := range r.Found {
		fmt.Fprintln(stdout, "  "+f)
	}
	next := "Next: go run ./examples/wms -faults (everything goes wrong that can), or go run ./examples/quickstart (one parcel in ten lines)."
	if m.options.language == report.Korean {
		next = "다음: go run ./examples/wms -faults (온갖 장애를 켠 같은 달), 또는 go run ./examples/quickstart (열 줄로 송장 하나)."
	}
	_, err := fmt.Fprintln(stdout, next)
	return err
}

// regret tells what asking has cost, for each carrier that was asked and each courier.
func (m *month) regret(ctx context.Context, engine *fulfill.Engine, stdout io.Writer) error {
	regrets, err := engine.Regrets(ctx)
	if err != nil || len(regrets) == 0 {
		return err
	}
	title := "What asking has cost, against the best schedule for what was learned (of few parcels it says little; below 1 is luck, or several changes at once):"
	if m.options.language == report.Korean {
		title = "조회에 든 비용과 학습된 최적 일정의 비교 (건수가 적으면 참고용, 1 미만은 운이 좋았거나 여러 변화가 겹친 경우):"
	}
	fmt.Fprintln(stdout, "\n"+title)
	for _, carrier := range slices.Sorted(maps.Keys(regrets)) {
		for _, r := range regrets[carrier] {
			line := r.String()
			if m.options.language == report.Korean {
				line = r.Korean()
			}
			fmt.Fprintf(stdout, "%s: %s\n", carrier, line)
		}
	}
	return nil
}

// remarkable are three orders worth a look: one that is back, one with a story, and one that simply arrived.
func (m *month) remarkable() []order.OrderID {
	var chosen []order.OrderID
	for _, wanted := range []func(*story) bool{
		func(s *story) bool { return s.kind == tooLate || s.kind == forgotten && s.registered() },
		func(s *story) bool { return s.kind == exchanged || s.kind == returned },
		func(s *story) bool { return s.kind == plain && s.sheet },
	} {
		for i := range m.stories {
			if wanted(&m.stories[i]) {
				chosen = append(chosen, m.stories[i].id)
				break
			}
		}
	}
	return chosen
}
