package measure_test

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// A warehouse ships 500 parcels a day, on workdays between two and six in the afternoon, and asks a provider that takes 20 won an
// item. How late will it know of deliveries, if it spends so much a day?
func ExampleForecast_ForBudget() {
	ships := measure.Flow{Courier: "cj", PerDay: 500, Days: [7]float64{1, 1, 1, 1, 1}}
	ships.Hours[14], ships.Hours[15], ships.Hours[16], ships.Hours[17] = 1, 1, 1, 1
	forecast := measure.Forecast{
		Policy:     schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(200)},
		Population: measure.Population{ships},
		ItemWon:    20,
	}
	for _, wonPerDay := range []float64{3_000, 100_000} {
		promise, err := forecast.ForBudget(measure.Budget{WonPerDay: wonPerDay})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(promise)
	}
	// Output:
	// measure: the budget is too small: it pays for 150 polls a day, and 500 parcels a day need at least 913, 18,260 won
	// 10.0 polls a parcel, 4,998 a day; 200 won a parcel, 99,950 a day, 3,040,146 a month
	// at 183 won a poll for the policy, 9.15 × its price
	// PICKED_UP: 3 h 16 min late on average, half within 3 h 7 min, 95 of 100 within 5 h 56 min
	// IN_TRANSIT: 5 h 49 min late on average, half within 4 h 44 min, 95 of 100 within 12 h 28 min
	// OUT_FOR_DELIVERY: 2 h 10 min late on average, half within 2 h 4 min, 95 of 100 within 4 h 8 min
	// DELIVERED: 1 h 34 min late on average, half within 1 h 27 min, 95 of 100 within 3 h 13 min
	// FAILED: 1 h 37 min late on average, half within 1 h 41 min, 95 of 100 within 2 h 39 min
	// HOLD: 3 h 41 min late on average, half within 3 h 24 min, 95 of 100 within 7 h 48 min
	// RETURNED: 3 h 37 min late on average, half within 2 h 50 min, 95 of 100 within 10 h 9 min
}

// The same warehouse wants to know of deliveries within half an hour on average. What does that cost?
func ExampleForecast_ForGoal() {
	ships := measure.Flow{Courier: "cj", PerDay: 500, Days: [7]float64{1, 1, 1, 1, 1}}
	ships.Hours[14], ships.Hours[15], ships.Hours[16], ships.Hours[17] = 1, 1, 1, 1
	forecast := measure.Forecast{
		Policy:     schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(200)},
		Population: measure.Population{ships},
		ItemWon:    20,
	}
	promise, err := forecast.ForGoal(measure.Goal{Status: tracking.StatusDelivered, Mean: 30 * time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(promise.Korean())
	// Output:
	// 건당 조회 29.5회, 하루 조회 14,747회, 건당 590원, 하루 294,948원, 월 8,971,345원
	// 정책에 적용할 조회 단가 18.7원 (실제 단가의 0.94배)
	// 집하 완료: 인지 지연 평균 56분, p50 50분, p95 1시간 59분
	// 배송 중: 인지 지연 평균 2시간 7분, p50 1시간 55분, p95 4시간 37분
	// 배송 출발: 인지 지연 평균 41분, p50 38분, p95 1시간 20분
	// 배송 완료: 인지 지연 평균 30분, p50 27분, p95 1시간 0분
	// 배송 실패: 인지 지연 평균 25분, p50 19분, p95 54분
	// 보류: 인지 지연 평균 1시간 30분, p50 1시간 0분, p95 4시간 16분
	// 반송: 인지 지연 평균 1시간 22분, p50 1시간 19분, p95 2시간 27분
}
