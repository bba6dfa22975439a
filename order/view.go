package order

import (
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/order/privacy"
)

// A Listing is one page of a list.
type Listing struct {
	Rows  []Row `json:"list"`
	Total int   `json:"totalCount"` // on all pages, of what the query counts
	Pages int   `json:"totalPage"`
	Page  int   `json:"currentPage"`
	Size  int   `json:"pageSize"`
}

// A Row is a section with its items, as a screen shows it. Personal data in a list is always masked, and so are telephone
// numbers and labelled names in what people wrote: reasons, answers, memos, holds, exceptions.
type Row struct {
	Order            OrderID      `json:"order"`
	Version          int64        `json:"version"` // to send back as [Command.ExpectedVersion]
	Channel          Channel      `json:"channel"`
	Payment          PaymentState `json:"payment"`
	OrderedAt        time.Time    `json:"orderedAt,omitzero"`
	Section          SectionID    `json:"section"`
	DeliveryNo       string       `json:"deliveryNo"`
	RecallDeliveryNo string       `json:"recallDeliveryNo,omitempty"`
	Kind             Kind         `json:"kind"`
	Status           Status       `json:"status"`
	Prior            Status       `json:"prior,omitzero"`
	Method           Method       `json:"method"`
	Place            string       `json:"place,omitempty"`
	Waybill          *Waybill     `json:"waybill,omitempty"`
	RecallWaybill    *Waybill     `json:"recallWaybill,omitempty"`
	Hold             *Hold        `json:"hold,omitempty"`
	Exception        *Exception   `json:"exception,omitempty"`
	ReleasedAt       time.Time    `json:"releasedAt,omitzero"`
	DeliveredAt      time.Time    `json:"deliveredAt,omitzero"`
	MergedInto       SectionID    `json:"mergedInto,omitempty"` // in details alone
	Claim            *Claim       `json:"claim,omitempty"`      // the open claim; in details else the latest
	Orderer          Contact      `json:"orderer,omitzero"`
	Recipient        Contact      `json:"recipient,omitzero"`
	Items            []ItemRow    `json:"items"`
	Allowed          []EventName  `json:"allowed,omitempty"` // what [Query.As] may do with it now
}

// An ItemRow is an item with what its line says of the product.
type ItemRow struct {
	Item     ItemID `json:"item"`
	Line     LineID `json:"line"`
	SKU      string `json:"sku,omitempty"`
	Name     string `json:"name,omitempty"`
	Option   string `json:"option,omitempty"` // of a replacement: the one sent instead
	Quantity int    `json:"quantity"`

	FreebieOf LineID `json:"freebieOf,omitempty"` // 사은품: the line that it is given with
}

// A Contact is a recipient as text: every field is masked or, where a permit was shown for it, in clear.
type Contact struct {
	Name    string `json:"name,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Phone2  string `json:"phone2,omitempty"`
	Email   string `json:"email,omitempty"`
	Postal  string `json:"postal,omitempty"`
	Address string `json:"address,omitempty"`
	Detail  string `json:"detail,omitempty"`
	Memo    string `json:"memo,omitempty"`
	PCCC    string `json:"pccc,omitempty"`
}

// fields lists the fields in the order of [Recipient].
func (c *Contact) fields() [9]*string {
	return [...]*string{&c.Name, &c.Phone, &c.Phone2, &c.Email, &c.Postal, &c.Address, &c.Detail, &c.Memo, &c.PCCC}
}

// masked gives the masks of a recipient.
func masked(r *Recipient) Contact {
	var c Contact
	if r == nil {
		return c
	}
	to := c.fields()
	for i, field := range r.fields() {
		*to[i] = field.String()
	}
	return c
}

// listing makes the page of what a store found.
func (q Query) listing(m Machine, found Found) Listing {
	l := Listing{
		Rows: make([]Row, 0, len(found.Hits)), Total: found.Total, Pages: (found.Total + q.Size - 1) / q.Size, Page: q.Page, Size: q.Size,
	}
	for _, hit := range found.Hits {
		s, ok := hit.Order.Section(hit.Section)
		if !ok {
			continue
		}
		row := rowOf(&hit.Order, &s)
		row.Claim = hit.Order.openClaim(&s).scrubbed()
		if hit.Item != "" {
			row.Items = slices.DeleteFunc(row.Items, func(it ItemRow) bool { return it.Item != hit.Item })
		}
		if q.As.Role != "" {
			row.Allowed = m.Allowed(hit.Order, s.ID, q.As)
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}

func rowOf(o *Order, s *Section) Row {
	row := Row{
		Order: o.ID, Version: o.Version, Channel: o.Channel, Payment: o.Payment, OrderedAt: o.orderedAt(),
		Section: s.ID, DeliveryNo: s.DeliveryNo, RecallDeliveryNo: s.RecallDeliveryNo, Kind: s.Kind, Status: s.Status, Prior: s.Prior,
		Method: s.Method, Place: s.Place, Waybill: clone(s.Waybill), RecallWaybill: clone(s.RecallWaybill), Hold: s.Hold.scrubbed(),
		Exception: s.Exception.scrubbed(), ReleasedAt: s.ReleasedAt, DeliveredAt: s.DeliveredAt, MergedInto: s.MergedInto,
		Orderer: masked(o.Orderer), Recipient: masked(s.Recipient), Items: make([]ItemRow, len(s.Items)),
	}
	for i, it := range s.Items {
		row.Items[i] = itemRow(o, it)
	}
	return row
}

func itemRow(o *Order, it Item) ItemRow {
	l, _ := o.Line(it.Line)
	row := ItemRow{Item: it.ID, Line: it.Line, SKU: l.SKU, Name: l.Name, Option: l.Option, Quantity: it.Quantity, FreebieOf: l.FreebieOf}
	if it.Option != "" {
		row.Option = it.Option
	}
	return row
}

// scrubbed is a copy for a screen. Whoever types a reason may type a telephone number.
func (c *Claim) scrubbed() *Claim {
	if c == nil {
		return nil
	}
	shown := *c
	shown.Reason, shown.Answer, shown.Retrieve.Memo = mask.Text(c.Reason, ""), mask.Text(c.Answer, ""), mask.Text(c.Retrieve.Memo, "")
	shown.Hold = c.Hold.scrubbed()
	return &shown
}

func (h *Hold) scrubbed() *Hold {
	shown := clone(h)
	if shown != nil {
		shown.Text = mask.Text(h.Text, "")
	}
	return shown
}

func (e *Exception) scrubbed() *Exception {
	shown := clone(e)
	if shown != nil {
		shown.Text = mask.Text(e.Text, "")
	}
	return shown
}

// A Detail is everything that a screen shows of one section.
type Detail struct {
	Row
	Archived        []PastWaybill `json:"archived,omitempty"`
	SendBackWaybill *Waybill      `json:"sendBackWaybill,omitempty"`
	RecallAddress   Contact       `json:"recallAddress,omitzero"` // of a recall: where goods are fetched, if not at the recipient's
}

// Delivery shows the section of a delivery number (배송상세정보조회), cancelled and returned ones too. Personal data is masked.
// With a permit what it allows is shown in clear, after that was recorded; if it cannot be, or the permit has ended, the
// masked detail comes with the error. The actor, who may be empty, is for Allowed.
func (b *BackOffice) Delivery(ctx context.Context, deliveryNo string, as Actor, permit privacy.Permit) (Detail, error) {
	return b.detail(ctx, Key{DeliveryNo: deliveryNo}, as, permit)
}

// RecallDetail shows the section of a recall delivery number (회수 상세): orderer, reason, fault, items, recall waybill.
// Masks and permits are as at [BackOffice.Delivery].
func (b *BackOffice) RecallDetail(ctx context.Context, recallDeliveryNo string, as Actor, permit privacy.Permit) (Detail, error) {
	return b.detail(ctx, Key{RecallDeliveryNo: recallDeliveryNo}, as, permit)
}

func (b *BackOffice) detail(ctx context.Context, k Key, as Actor, permit privacy.Permit) (Detail, error) {
	o, s, err := b.locate(ctx, k)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{
		Row: rowOf(&o, &s), Archived: slices.Clone(s.Archived), SendBackWaybill: clone(s.SendBackWaybill),
		RecallAddress: masked(s.RecallAddress),
	}
	if i := o.claimIndex(s.Claim); i >= 0 {
		d.Claim = o.Claims[i].scrubbed()
	}
	if as.Role != "" {
		d.Allowed = b.machine.Allowed(o, s.ID, as)
	}
	if permit.Action() == "" {
		return d, nil
	}
	return d, b.unmask(ctx, permit, &o, &s, &d)
}

// unmask puts what the permit allows in clear. Everything is one access to the data of one order.
func (b *BackOffice) unmask(ctx context.Context, permit privacy.Permit, o *Order, s *Section, d *Detail) error {
	if b.guard == nil {
		return privacy.ErrRefused
	}
	var values []privacy.Sensitive
	var texts []*string
	for _, person := range []struct {
		from *Recipient
		to   *Contact
	}{{o.Orderer, &d.Orderer}, {s.Recipient, &d.Recipient}, {s.RecallAddress, &d.RecallAddress}} {
		if person.from == nil {
			continue
		}
		to := person.to.fields()
		for i, field := range person.from.fields() {
			if !field.IsZero() && permit.Allows(field.Kind()) {
				values, texts = append(values, *field), append(texts, to[i])
			}
		}
	}
	shown, err := b.guard.Unmask(ctx, permit, string(o.ID), values...)
	if err != nil {
		return err
	}
	for i, text := range shown {
		*texts[i] = text
	}
	return nil
}

// OrderedItems lists the items of the section with a delivery number (주문상품내역조회). A section that lists hide has none
// left to deliver, and so no rows.
func (b *BackOffice) OrderedItems(ctx context.Context, deliveryNo string) ([]ItemRow, error) {
	o, s, err := b.locate(ctx, Key{DeliveryNo: deliveryNo})
	if err != nil {
		return nil, err
	}
	if s.Hidden() {
		return nil, nil
	}
	return rowOf(&o, &s).Items, nil
}
