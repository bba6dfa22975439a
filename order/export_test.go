package order

import (
	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order/privacy"
)

// Encode is what [Check] compares orders by.
var Encode = encode

// DecodeOrder reads what Encode wrote.
func DecodeOrder(data []byte, p privacy.Profile) (Order, error) {
	var o Order
	err := stored.Unmarshal(data, p, &o)
	return o, err
}
