package tracking

import "strings"

// Reason explains an exception, as owner_detail: courier_damaged, consignee_absent … The empty Reason says nothing. The
// list is our decision; a host may use reasons of its own in the same form.
type Reason string

// The parties that may have to act, or that caused what happened.
const (
	PartyNone      = "none"
	PartyCourier   = "courier"
	PartySeller    = "seller"
	PartyConsignee = "consignee"
)

// reasonActs says who must act now. A reason that is not listed calls for nobody.
var reasonActs = map[Reason]string{
	"courier_not_collected": PartySeller, "courier_damaged": PartySeller, "courier_lost": PartySeller,
	"seller_not_handed_over": PartySeller, "seller_label_invalid": PartySeller, "seller_documents_missing": PartySeller,
	"consignee_unreachable": PartyConsignee, "consignee_address": PartySeller, "consignee_access": PartyConsignee,
	"consignee_refused": PartySeller, "consignee_payment": PartyConsignee, "consignee_not_collected": PartyConsignee,
	"customs_information": PartyConsignee, "customs_duty_unpaid": PartyConsignee, "customs_prohibited": PartySeller,
	"other_security": PartySeller, "other_undeliverable": PartySeller,
}

// Owner says who caused it: courier, seller, consignee, customs, weather or other; nothing for the empty Reason.
func (r Reason) Owner() string {
	owner, _, _ := strings.Cut(string(r), "_")
	return owner
}

// Action says who must act now: PartyNone, PartySeller or PartyConsignee.
func (r Reason) Action() string {
	if who, ok := reasonActs[r]; ok {
		return who
	}
	return PartyNone
}
