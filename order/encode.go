package order

import (
	"context"

	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order/privacy"
)

// encode writes an order whole, with its history and with personal data in clear. The same order gives the same bytes:
// two orders are equal when their encodings are. It stays inside: our stores write orders the same way, while json.Marshal,
// which anybody may call, masks personal data.
func encode(o Order) ([]byte, error) { return stored.Marshal(o) }

// onePerKind is one value of each kind of personal data.
var onePerKind = []privacy.Sensitive{
	privacy.Other("-"), privacy.Name("-"), privacy.Phone("-"), privacy.Address("-"), privacy.Detail("-"), privacy.Memo("-"), privacy.Email("-"), privacy.PCCC("-"),
}

// EncodeForStorage gives an order with its whole history as JSON, personal data in clear, for a host that keeps orders in a
// table of its own. It needs a STORE permit for every kind of personal data, whatever the order has of them; the errors are
// those of [privacy.Guard.UnmaskForStorage]. The same order gives the same bytes. json.Marshal would write masks, which
// nothing reads again.
func EncodeForStorage(ctx context.Context, g *privacy.Guard, p privacy.Permit, o Order) ([]byte, error) {
	if _, err := g.UnmaskForStorage(ctx, p, onePerKind...); err != nil {
		return nil, err
	}
	return encode(o)
}

// DecodeStored reads what [EncodeForStorage] wrote. Its personal data show masks of the profile.
func DecodeStored(data []byte, profile privacy.Profile) (o Order, err error) {
	err = stored.Unmarshal(data, profile, &o)
	return o, err
}
