package polltest_test

import (
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

const firstSeen = "evidence keeps when it was seen first, how late it was published at least, and by which door it came"

func evidenceBreakages() []breakage {
	return []breakage{
		{"a scan is seen anew each time", func(p *puppet) {
			p.shows(func(e *tracking.Evidence) {
				for i := range e.Events {
					e.Events[i].Seen = e.Events[i].AnswerAt
				}
			})
		}, []string{firstSeen}},
		{"a scan comes anew each time", func(p *puppet) {
			var last tracking.Door
			p.reports(func(r *poll.Report) { p.note(func() { last = r.Door }) })
			p.shows(func(e *tracking.Evidence) {
				for i := range e.Events {
					e.Events[i].Door = last
				}
			})
		}, []string{firstSeen}},
		{"the doors of scans are forgotten", func(p *puppet) {
			p.shows(func(e *tracking.Evidence) {
				for i := range e.Events {
					e.Events[i].Door = ""
				}
			})
		}, []string{firstSeen}},
		{"how late a scan came is forgotten", func(p *puppet) {
			p.shows(func(e *tracking.Evidence) {
				for i := range e.Events {
					e.Events[i].MinLag = 0
				}
			})
		}, []string{firstSeen}},
		{"the door of a summary is forgotten", func(p *puppet) { p.shows(func(e *tracking.Evidence) { e.Verdicts[0].Door = "" }) }, []string{firstSeen}},
		{"a summary is seen anew each time", func(p *puppet) {
			p.shows(func(e *tracking.Evidence) { e.Verdicts[0].Seen = e.Verdicts[0].AnswerAt })
		}, []string{firstSeen}},
	}
}
