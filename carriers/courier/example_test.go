package courier_test

import (
	"fmt"

	"github.com/waybill-dev/waybill/carriers/courier"
)

func ExampleLookup() {
	for _, text := range []string{"대한통운", "현대택배", "04", "kr.epost", "롯대택배"} {
		if info, ok := courier.Lookup(text); ok {
			fmt.Println(text, "is", info.Code)
			continue
		}
		for _, near := range courier.Near(text) {
			fmt.Println(text, "is unknown; perhaps", near.Korean)
		}
	}
	// Output:
	// 대한통운 is cj
	// 현대택배 is lotte
	// 04 is cj
	// kr.epost is post
	// 롯대택배 is unknown; perhaps 롯데택배
}

func ExampleNormalize() {
	fmt.Println(courier.Normalize(courier.CJ, "'5500-0000-1234"))
	fmt.Println(courier.Normalize(courier.EMS, "ｅｅ 123456785 ｋｒ"))
	fmt.Println(courier.Normalize("truckers", "T-1")) // not in the directory: left alone
	// Output:
	// 550000001234
	// EE123456785KR
	// T-1
}

func ExampleCheck() {
	for _, number := range []string{"5500-0000-1234", "550000001235", "55000000123A"} {
		finding := courier.Check(courier.CJ, number)
		fmt.Printf("%s: %s %q\n", number, finding.Severity, finding.Text)
	}
	// Output:
	// 5500-0000-1234: ok ""
	// 550000001235: warning "fails CJ대한통운 (check digit), would fit 롯데택배 or 한진택배"
	// 55000000123A: invalid "fails CJ대한통운 (letter among digits)"
}

func ExampleDetect() {
	for _, candidate := range courier.Detect("550000001235") {
		fmt.Println(candidate.Rank, candidate.Courier, candidate.Strong)
	}
	// Output:
	// 1 lotte true
	// 1 hanjin true
	// 2 logen false
	// 2 fedex false
}

func ExampleToProvider() {
	code, ok := courier.ToProvider(courier.SweetTracker, courier.CJ)
	fmt.Println(code, ok)
	code, ok = courier.ToProvider(courier.TrackerDelivery, "trackerdelivery:kr.new")
	fmt.Println(code, ok)
	code, ok = courier.ToProvider(courier.SweetTracker, courier.Coupang)
	fmt.Println(code, ok)
	// Output:
	// 04 true
	// kr.new true
	//  false
}
