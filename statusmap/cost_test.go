package statusmap_test

import (
	"testing"

	"github.com/waybill-dev/waybill/statusmap"
)

// BenchmarkMap looks up words that have a row: by their code, and by code and text. That it does not allocate is tested
// above; what it takes is written down in BENCHMARKS.md.
func BenchmarkMap(b *testing.B) {
	table := statusmap.TrackerDelivery()
	for _, word := range []struct{ name, code, text string }{
		{"code", "IN_TRANSIT", "간선상차"},
		{"text", "EXCEPTION", "신청취소"},
	} {
		b.Run(word.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				table.Map("post", word.code, word.text)
			}
		})
	}
}
