package main

import (
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

var (
	kst     = time.FixedZone("KST", 9*60*60)
	ordered = time.Date(2026, time.November, 19, 9, 12, 0, 0, kst)

	kim   = order.Operator("kim") // at the warehouse's screen
	buyer = order.Buyer("buyer-7")
)

// draft is an order of two mugs and four plates.
func draft() order.Draft {
	buyer := order.Recipient{
		Name: privacy.Name("홍길동"), Phone: privacy.Phone("010-1234-5678"), Address: privacy.Address("서울특별시 강남구 테헤란로 123"),
	}
	return order.Draft{
		ID: "ORD-20261119-0042", Payment: order.PaymentPaid, Orderer: &buyer,
		Lines: []order.Line{
			{ID: "A", SKU: "MUG-01", Name: "머그컵", Quantity: 2},
			{ID: "B", SKU: "DISH-04", Name: "접시", Quantity: 4},
		},
	}
}

// A step is a command with a word for the reader.
type step struct {
	order.Command
	what    string
	refused error // what the command is expected to be refused with
}

// story is the worked example of the shop's guide, and what may happen after it.
func story() []step {
	parcel := waybill("550000001234")
	steps := []step{
		{what: "전체 · everything", Command: order.Command{Event: order.InstructDelivery, Actor: kim}},
		{what: "출고지 WH1 · from warehouse 1", Command: order.Command{Event: order.InstructRelease, Section: "S1", Place: "WH1", Actor: kim}},
		{what: "A×1, B×2 먼저 출고 · these leave first", Command: order.Command{
			Event: order.CompleteRelease, Section: "S1", Waybill: parcel, Actor: kim,
			Items: []order.ItemQuantity{{Item: "I1", Quantity: 1}, {Item: "I2", Quantity: 2}}, // the rest stays behind in S1
		}},
		{what: "A×1 · one mug", Command: order.Command{
			Event: order.RequestReturn, Section: "S2", Actor: buyer, Reason: "단순 변심",
			Items: []order.ItemQuantity{{Item: "I3", Quantity: 1}},
			Claim: &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto}},
		}},
		{what: "택배사: 배송완료 · the courier has delivered", Command: order.Command{
			Event: order.CompleteDelivery, Waybill: parcel, Actor: order.Tracker("deliveryapi"),
		}},
		{what: "B×1 검정으로 · one plate, for a black one", Command: order.Command{
			Event: order.RequestExchange, Section: "S2", Actor: buyer, Reason: "파손",
			Items: []order.ItemQuantity{{Item: "I4", Quantity: 1}},
			Claim: wants("검정", order.FaultSeller),
		}},
		{what: "이미 클레임 중 · there is a claim already", refused: order.ErrIllegal, Command: order.Command{
			Event: order.RequestReturn, Section: "S4", Actor: buyer, Claim: &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}},
		}},
	}
	steps = append(steps, recall("S4", "550000005678")...)
	steps = append(steps,
		step{what: "1개 양품 · counted, as good as new", Command: order.Command{
			Event: order.CompleteRecall, Section: "S4", Reception: []order.Reception{{Item: "I5", Received: 1}}, Actor: kim,
		}},
		step{what: "검정 접시 · the black plate goes out", Command: order.Command{Event: order.ShipReplacement, Section: "S4", Actor: kim}},
		step{what: "남은 B×1도 교환 · the other plate too", Command: order.Command{
			Event: order.RequestExchange, Section: "S2", Actor: buyer, Reason: "색상 변경", Claim: wants("파랑", order.FaultBuyer),
		}},
	)
	steps = append(steps, recall("S2", "550000009876")...)
	steps = append(steps,
		step{what: "파랑 품절 · there are no blue ones", Command: order.Command{Event: order.ConvertToReturn, Section: "S2", Actor: kim}},
		step{what: "사용 흔적 · it was used", Command: order.Command{
			Event: order.RejectReturn, Section: "S3", Actor: order.Seller("shop"), Reason: "사용 흔적",
		}},
	)
	for i := range steps {
		steps[i].ID = order.CommandID("step-" + strconv.Itoa(i+1))
		steps[i].At = ordered.Add(time.Duration(i+1) * 5 * time.Hour)
	}
	return steps
}

// recall fetches a section back, up to the courier's first scan.
func recall(section order.SectionID, number string) []step {
	return []step{
		{what: "자동수거 · a recall is ordered", Command: order.Command{Event: order.InstructRecall, Section: section, Actor: kim}},
		{what: "수거됨 · picked up", Command: order.Command{
			Event: order.ConfirmRecall, Section: section, Waybill: waybill(number), Actor: order.Courier(courier.CJ),
		}},
	}
}

func waybill(number string) *order.Waybill {
	return &order.Waybill{Courier: courier.CJ, Number: number}
}

func wants(option string, fault order.Fault) *order.ClaimRequest {
	return &order.ClaimRequest{Fault: fault, Wanted: []order.WantedOption{{Option: option}}}
}
