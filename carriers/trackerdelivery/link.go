package trackerdelivery

import (
	"errors"
	"net/url"

	"github.com/waybill-dev/waybill/tracking"
)

const opLink = "link"

// Link builds the address of the managed service's page for a parcel, in a form that integrators report. It answers
// ErrUnsupported unless [Config.LinkClientID] is set and the carrier is in managed mode, since the page shows that id to
// everybody. The secret is no part of it.
func (c *Carrier) Link(q tracking.Query) (string, error) {
	if c.config.Mode != ModeManaged || c.config.LinkClientID == "" {
		return "", c.refuse(opLink, tracking.ErrUnsupported, errors.New("links need a public client id in managed mode"))
	}
	a, err := prepare(Name, opLink, c.config.Mode, q)
	if err != nil {
		return "", err
	}
	return "https://link.tracker.delivery/track?client_id=" + url.QueryEscape(c.config.LinkClientID) +
		"&carrier_id=" + url.QueryEscape(a.id) + "&tracking_number=" + url.QueryEscape(a.query.Number), nil
}
