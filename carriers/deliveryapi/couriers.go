package deliveryapi

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strings"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

type courierList struct {
	Couriers []json.RawMessage `json:"couriers"`
}

type listedCourier struct {
	Code           string          `json:"trackingApiCode"` // courierCode everywhere else (documented)
	Name           string          `json:"displayName"`
	RequiredFields json.RawMessage `json:"requiredFields"` // its shape is not known
}

// Couriers lists the couriers that the provider serves now, in its order. It makes one call each time: a carrier has no clock
// to keep a list for a day by, so that is for whoever shows it to people. Nothing here depends on it: a code that the directory of package courier does
// not know is sent all the same, and what it knows without a call is courier.All and Info.CodeAt.
//
// An entry that cannot be read is left out.
func (c *Carrier) Couriers(ctx context.Context) iter.Seq2[tracking.CourierInfo, error] {
	return func(yield func(tracking.CourierInfo, error) bool) {
		op := operation{name: "couriers", method: http.MethodGet, url: c.base + "/v1/tracking/couriers", attempts: 3}
		list, _, err := exchange[courierList](ctx, c, op, nil, nil)
		if err == nil && list.Couriers == nil {
			err = c.nonsense(op.name, "couriers")
		}
		if err != nil {
			yield(tracking.CourierInfo{}, err)
			return
		}
		for _, raw := range list.Couriers {
			var listed listedCourier
			if json.Unmarshal(raw, &listed) != nil || listed.Code == "" {
				continue
			}
			if !yield(listed.info(), nil) {
				return
			}
		}
	}
}

func (l listedCourier) info() tracking.CourierInfo {
	known, _ := courier.FromProvider(provider, strings.ToLower(l.Code))
	return tracking.CourierInfo{
		Courier: known, Code: l.Code, Name: l.Name, International: foreign(l.Code), Extra: fieldNames(l.RequiredFields),
	}
}

// fieldNames reads names of fields from the shapes that one would expect: texts, or objects with a key or a name.
func fieldNames(raw json.RawMessage) []string {
	var fields []json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	var names []string
	for _, field := range fields {
		var object struct {
			Key  string `json:"key"`
			Name string `json:"name"`
		}
		_ = json.Unmarshal(field, &object) // a text is no object: then it stays empty
		names = append(names, firstText(textOf(field), object.Key, object.Name))
	}
	return names
}
