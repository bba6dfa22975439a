package main

import (
	"fmt"
	"strings"

	"github.com/waybill-dev/waybill/examples/internal/show"
	"github.com/waybill-dev/waybill/order"
)

// orderKorean names the statuses of whole orders.
var orderKorean = map[order.OrderStatus]string{
	order.OrderPreparing: "상품준비", order.OrderPartiallyReleased: "부분출고", order.OrderReleased: "출고완료",
	order.OrderPartiallyDelivered: "부분배송", order.OrderDelivered: "배송완료", order.OrderConfirmed: "구매확정",
	order.OrderCancelled: "취소완료", order.OrderReturned: "반품완료",
}

var claimKorean = map[order.ClaimType]string{order.ClaimCancel: "취소", order.ClaimReturn: "반품", order.ClaimExchange: "교환"}

var outcomeKorean = map[order.ClaimOutcome]string{
	order.OutcomeOpen: "진행", order.OutcomeCompleted: "완료", order.OutcomeRejected: "거절", order.OutcomeWithdrawn: "철회",
}

func printHead(screen *show.Screen, o order.Order) {
	var lines []string
	for _, l := range o.Lines {
		lines = append(lines, fmt.Sprintf("%s %s×%d", l.ID, l.Name, l.Quantity))
	}
	screen.Line(fmt.Sprintf("주문 %s  %s  ·  %s, %s", o.ID, strings.Join(lines, ", "), o.Orderer.Name, o.Orderer.Phone))
	printOrder(screen, o)
}

func printStep(screen *show.Screen, n int, s step) {
	screen.Line("")
	screen.Line(fmt.Sprintf("%2d  ", n) + show.Column(s.Event.Korean(), 22) + show.Column(s.Event.String(), 18) + show.Column(s.Actor.String(), 22) + s.what)
}

func printRefusal(screen *show.Screen, r *order.Refused) {
	screen.Line(fmt.Sprintf("    ✗ 거절 · refused: %v: %s", r.Kind, r.Reason))
	for _, name := range r.Allowed {
		screen.Line(show.Column("      가능 · allowed", 26) + show.Column(name.String(), 18) + name.Korean())
	}
}

// printActions tells what is to be done outside.
func printActions(screen *show.Screen, events []order.Event) {
	for _, e := range events {
		for _, a := range e.Actions {
			screen.Line(fmt.Sprintf("    → 할 일 · to do: %s %v", a.Name, a.Sections))
		}
	}
}

// printOrder prints the order as a tree: sections under it, and their claims under them.
func printOrder(screen *show.Screen, o order.Order) {
	sum := order.Summarize(o)
	screen.Line("    " + fmt.Sprintf("%s %s, version %d", orderKorean[sum.Status], sum.Status, o.Version))
	for i, s := range o.Sections {
		branch, below := "├─ ", "│    "
		if i == len(o.Sections)-1 {
			branch, below = "└─ ", "     "
		}
		screen.Line("    " + branch + show.Column(string(s.ID), 4) + show.Column(s.Status.Korean(), 10) + show.Column(s.Status.String(), 21) +
			show.Column(items(o, s), 12) + strings.Join(notes(s), " · "))
		for _, c := range o.Claims {
			if c.Section == s.ID {
				screen.Line("    " + below + claimLine(c))
			}
		}
	}
}

// items writes A×1 B×2.
func items(o order.Order, s order.Section) string {
	var words []string
	for _, it := range s.Items {
		words = append(words, strings.TrimSpace(fmt.Sprintf("%s×%d %s", it.Line, it.Quantity, it.Option)))
	}
	return strings.Join(words, " ")
}

func notes(s order.Section) []string {
	var words []string
	if s.Kind == order.KindExchangeOut {
		words = append(words, "교환출고 "+string(s.Kind))
	}
	if s.Parent != "" {
		words = append(words, "← "+string(s.Parent))
	}
	if s.Prior != 0 {
		words = append(words, "이전 prior "+s.Prior.String())
	}
	if s.Waybill != nil {
		words = append(words, s.Waybill.Courier+" "+s.Waybill.Number)
	}
	if s.RecallWaybill != nil {
		words = append(words, "회수 recall "+s.RecallWaybill.Number)
	}
	return words
}

func claimLine(c order.Claim) string {
	kind := claimKorean[c.Type] + " " + string(c.Type)
	if c.ConvertedFrom != "" {
		kind += " (" + claimKorean[c.ConvertedFrom] + " " + string(c.ConvertedFrom) + "에서 전환)"
	}
	line := show.Column(string(c.ID), 4) + show.Column(kind, 16) + outcomeKorean[c.Outcome] + " " + string(c.Outcome) + "  " + c.Reason
	if c.Answer != "" {
		line += " → " + c.Answer
	}
	return line
}

func printProof(screen *show.Screen, o order.Order) {
	held := map[order.LineID]int{}
	for _, s := range o.Sections {
		if s.Kind == order.KindOriginal {
			for _, it := range s.Items {
				held[it.Line] += it.Quantity
			}
		}
	}
	screen.Line("")
	for _, l := range o.Lines {
		screen.Line(fmt.Sprintf("Σ %s = %d, 주문 수량 그대로 · as ordered (교환출고 제외 · replacements apart)", l.ID, held[l.ID]))
	}
	screen.Line(fmt.Sprintf("%s; 다시 재생해도 같은 주문 · replayed, they give the same order byte for byte.", show.Count(len(o.History), "event")))
}
