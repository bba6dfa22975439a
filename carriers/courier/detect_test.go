package courier_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
)

func TestDetect(t *testing.T) {
	type c = courier.Candidate
	for number, want := range map[string][]c{
		"EE123456785KR":          {{Courier: courier.EMS, Rank: 1, Strong: true}, {Courier: courier.TNT, Rank: 2}},
		"EE123456786KR":          {{Courier: courier.TNT, Rank: 1}},
		"1z 0000 0000 0000 0123": {{Courier: courier.UPS, Rank: 1, Strong: true}},
		"5500-0000-1234": {
			{Courier: courier.CJ, Rank: 1, Strong: true}, {Courier: courier.CUPost, Rank: 1, Strong: true},
			{Courier: courier.Logen, Rank: 2}, {Courier: courier.FedEx, Rank: 2},
		},
		"550000001235": {
			{Courier: courier.Lotte, Rank: 1, Strong: true}, {Courier: courier.Hanjin, Rank: 1, Strong: true},
			{Courier: courier.Logen, Rank: 2}, {Courier: courier.FedEx, Rank: 2},
		},
		"000000001234": { // CJ's and Lotte's check digits agree behind 00
			{Courier: courier.CJ, Rank: 1, Strong: true}, {Courier: courier.Lotte, Rank: 1, Strong: true},
			{Courier: courier.Hanjin, Rank: 1, Strong: true}, {Courier: courier.CUPost, Rank: 1, Strong: true},
			{Courier: courier.Logen, Rank: 2}, {Courier: courier.FedEx, Rank: 2},
		},
		"6000000000123": {{Courier: courier.Post, Rank: 1}, {Courier: courier.Daesin, Rank: 1}},
		"55000000123":   {{Courier: courier.Logen, Rank: 1}, {Courier: courier.Kyungdong, Rank: 2}},
		"5500000012": { // Hanjin's ten digits fit by a check digit that nobody is sure of
			{Courier: courier.CJ, Rank: 1}, {Courier: courier.CUPost, Rank: 1}, {Courier: courier.Kyungdong, Rank: 2},
			{Courier: courier.GSPostbox, Rank: 2}, {Courier: courier.DHL, Rank: 2},
		},
		"":    {},
		"123": {},
		"운송장": {},
		"1234567890123456789012345678901234567890": {},
	} {
		if diff := cmp.Diff(want, courier.Detect(number)); diff != "" {
			t.Errorf("Detect(%q), -want +got:\n%s", number, diff)
		}
	}
}
