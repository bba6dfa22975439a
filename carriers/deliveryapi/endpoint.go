package deliveryapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	endpointsPath = "/v1/webhooks/endpoints"
	// shortestSecret is what our receiver takes as a secret, in bytes. The provider is content with 5 characters (documented).
	shortestSecret = 16
	// defaultEndpointName fills in for a missing name: optional on the wire, required by the provider's SDK (documented).
	defaultEndpointName = "waybill"
)

// Endpoint is an address that the provider calls.
type Endpoint struct {
	ID   string `json:"id"` // usually ep_…
	URL  string `json:"url"`
	Name string `json:"name,omitempty"`

	// Active is false once the provider has switched the endpoint off, as it does when it fails lastingly (reported).
	// Nothing in its API switches one on again.
	Active              bool      `json:"active"`
	ConsecutiveFailures int       `json:"consecutive_failures,omitempty"`
	Created             time.Time `json:"created,omitzero"`
	Modified            time.Time `json:"modified,omitzero"`

	Secret Secret `json:"-"` // only from CreateEndpoint: it is shown nowhere else
}

// NewEndpoint is what CreateEndpoint wants.
type NewEndpoint struct {
	URL    string // https; it must answer a test call with 200 while CreateEndpoint runs (documented)
	Name   string // empty means "waybill"
	Secret Secret // our own, at least 16 bytes; empty lets the provider make one
}

type endpointBody struct {
	URL           string `json:"url,omitempty"`
	Name          string `json:"name,omitempty"`
	WebhookSecret string `json:"webhookSecret,omitempty"`
}

type endpointData struct {
	EndpointID          string `json:"endpointId"`
	URL                 string `json:"url"`
	Name                string `json:"name"`
	WebhookSecret       string `json:"webhookSecret"`
	Status              string `json:"status"`
	ConsecutiveFailures int    `json:"consecutiveFailures"`
	DateCreated         string `json:"dateCreated"`
	DateModified        string `json:"dateModified"`
}

func (d endpointData) endpoint() Endpoint {
	return Endpoint{
		ID: d.EndpointID, URL: d.URL, Name: d.Name, Active: d.Status == "active" || d.Status == "",
		ConsecutiveFailures: d.ConsecutiveFailures, Secret: Secret(d.WebhookSecret),
		Created: serviceTime(d.DateCreated), Modified: serviceTime(d.DateModified),
	}
}

// CreateEndpoint registers an address. While it runs the provider calls the address; without a 200 the error is
// ErrEndpointUnreachable. With a secret of our own the receiver can be made ready before, which is the better way: a
// secret that the provider makes is not known yet when the test call comes. Where the call is refused all the same, for it
// may not be signed at all, let it in with [WebhookSource.AllowPing].
//
// It is sent once only. After an error that leaves its outcome open (tracking.ErrUpstream), look for the address among
// [Carrier.Endpoints] and give it a secret with [Carrier.RotateSecret] before creating again. An account has at most 10
// endpoints (documented by an older page); then the error is ErrEndpointLimit. The address of an endpoint never changes.
func (c *Carrier) CreateEndpoint(ctx context.Context, e NewEndpoint) (Endpoint, error) {
	op := operation{name: "create endpoint", method: http.MethodPost, url: c.base + endpointsPath, attempts: 1}
	if u, err := url.Parse(e.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		return Endpoint{}, c.refuse(op.name, errors.New("an endpoint's address must be https"))
	}
	if err := checkSecret(e.Secret); err != nil {
		return Endpoint{}, c.refuse(op.name, err)
	}
	body := endpointBody{URL: e.URL, Name: firstText(e.Name, defaultEndpointName), WebhookSecret: string(e.Secret)}
	data, _, err := exchange[endpointData](ctx, c, op, body, nil)
	if err != nil {
		return Endpoint{}, err
	}
	if data.EndpointID == "" {
		return Endpoint{}, c.nonsense(op.name, "endpoint id")
	}
	return data.endpoint(), nil
}

// Endpoints lists the account's endpoints.
func (c *Carrier) Endpoints(ctx context.Context) ([]Endpoint, error) {
	op := operation{name: "list endpoints", method: http.MethodGet, url: c.base + endpointsPath, attempts: 3}
	list, _, err := exchange[struct {
		Endpoints []endpointData `json:"endpoints"`
	}](ctx, c, op, nil, nil)
	if err != nil {
		return nil, err
	}
	if list.Endpoints == nil {
		return nil, c.nonsense(op.name, "endpoints")
	}
	endpoints := make([]Endpoint, len(list.Endpoints))
	for i, data := range list.Endpoints {
		endpoints[i] = data.endpoint()
	}
	return endpoints, nil
}

// RenameEndpoint gives an endpoint another name.
func (c *Carrier) RenameEndpoint(ctx context.Context, id, name string) error {
	op := operation{name: "rename endpoint", method: http.MethodPut, attempts: 3}
	if name == "" {
		return c.refuse(op.name, errors.New("no name"))
	}
	return c.discard(ctx, op, endpointsPath, id, endpointBody{Name: name})
}

// DeleteEndpoint removes an endpoint and, with it, every subscription that reports to it (documented); those must be paid for
// again. An endpoint that is not there is ErrResourceNotFound, which is also what a repeat inside this call finds when the
// answer to the first attempt was lost: to a caller that wants it gone, that is success.
func (c *Carrier) DeleteEndpoint(ctx context.Context, id string) error {
	op := operation{name: "delete endpoint", method: http.MethodDelete, attempts: 3}
	return c.discard(ctx, op, endpointsPath, id, nil)
}

// RotateSecret gives an endpoint a new secret: the one given, or one that the provider makes when it is empty. The old secret
// is void at once (documented), so let the receiver know the new one before, and both for a while after:
// [WebhookSource.SetKeys] has the order. It is sent once only. After an error that leaves its outcome open (tracking.ErrUpstream)
// either secret may be the valid one: keep both, and rotate again to the same new one.
func (c *Carrier) RotateSecret(ctx context.Context, id string, secret Secret) (Secret, error) {
	op := operation{name: "rotate secret", method: http.MethodPost, attempts: 1}
	if err := checkSecret(secret); err != nil {
		return "", c.refuse(op.name, err)
	}
	if err := checkID(id); err != nil {
		return "", c.refuse(op.name, err)
	}
	op.url = c.base + endpointsPath + "/" + url.PathEscape(id) + "/rotate"
	data, _, err := exchange[endpointData](ctx, c, op, endpointBody{WebhookSecret: string(secret)}, nil)
	if err != nil {
		return "", err
	}
	if data.WebhookSecret == "" {
		return "", c.nonsense(op.name, "secret")
	}
	return Secret(data.WebhookSecret), nil
}

// discard makes a call on one resource whose answer holds nothing.
func (c *Carrier) discard(ctx context.Context, op operation, path, id string, body any) error {
	if err := checkID(id); err != nil {
		return c.refuse(op.name, err)
	}
	op.url = c.base + path + "/" + url.PathEscape(id)
	_, _, err := exchange[ignored](ctx, c, op, body, nil)
	return err
}

// ignored is data that nobody reads, whatever its shape.
type ignored struct{}

func (*ignored) UnmarshalJSON([]byte) error { return nil }

func checkID(id string) error {
	if id == "" || id == "." || id == ".." {
		return errors.New("no id")
	}
	return nil
}

func checkSecret(secret Secret) error {
	if secret != "" && len(secret) < shortestSecret {
		return fmt.Errorf("a webhook secret of %d bytes, at least %d are needed", len(secret), shortestSecret)
	}
	return nil
}

// EndpointState says how an endpoint does.
type EndpointState string

// The states, as the provider's list tells them.
const (
	EndpointOK       EndpointState = "ok"
	EndpointDegraded EndpointState = "degraded" // its last calls failed
	EndpointDown     EndpointState = "down"     // switched off
	EndpointMissing  EndpointState = "missing"  // not in the account's list
)

// State judges one endpoint of a list.
func (e Endpoint) State() EndpointState {
	switch {
	case !e.Active:
		return EndpointDown
	case e.ConsecutiveFailures > 0:
		return EndpointDegraded
	}
	return EndpointOK
}

// EndpointHealth lists the account's endpoints and says how those of ids do; every 10 minutes is often enough. Repair is for
// a person: deleting an endpoint deletes what was paid for.
func (c *Carrier) EndpointHealth(ctx context.Context, ids ...string) (map[string]EndpointState, error) {
	endpoints, err := c.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	health := make(map[string]EndpointState, len(ids))
	for _, id := range ids {
		health[id] = EndpointMissing
	}
	for _, e := range endpoints {
		if _, ours := health[e.ID]; ours {
			health[e.ID] = e.State()
		}
	}
	return health, nil
}
