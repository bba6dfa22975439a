// Package provider makes the carriers that the example programs ask, from names on the command line and credentials in the
// environment.
package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/tracking"
)

// provider makes one carrier. url takes the place of the address in the environment when it is not empty.
type provider struct {
	name string
	key  string // the variable that says that there are credentials; empty for one that is only used by name
	make func(getenv func(string) string, url string, selfHosted bool) (tracking.Carrier, error)
}

var providers = []provider{
	{deliveryapi.DefaultName, "WAYBILL_DELIVERYAPI_KEY", func(getenv func(string) string, url string, _ bool) (tracking.Carrier, error) {
		config, err := deliveryapi.ConfigFromEnv(getenv)
		if url != "" {
			config.BaseURL = url
		}
		return deliveryapi.New(config), err
	}},
	{"sweettracker", "WAYBILL_SWEETTRACKER_KEY", func(getenv func(string) string, url string, _ bool) (tracking.Carrier, error) {
		config, err := sweettracker.ConfigFromEnv(getenv)
		if url != "" {
			config.BaseURL = url
		}
		return sweettracker.New(config), err
	}},
	{"trackerdelivery", "WAYBILL_TRACKERDELIVERY_CLIENT_ID", func(getenv func(string) string, url string, selfHosted bool) (tracking.Carrier, error) {
		config, err := trackerdelivery.ConfigFromEnv(getenv)
		if url != "" {
			config.BaseURL = url
		}
		if selfHosted {
			config.Mode, config.ClientID, config.ClientSecret = trackerdelivery.ModeSelfHosted, "", ""
		}
		return trackerdelivery.New(config), err
	}},
	{"trackerdelivery-v1", "", func(getenv func(string) string, url string, _ bool) (tracking.Carrier, error) {
		config, err := trackerdelivery.V1ConfigFromEnv(getenv)
		if url != "" {
			config.BaseURL = url
		}
		return trackerdelivery.NewV1(config), err
	}},
}

// Names lists the carriers as the command line knows them.
func Names() []string {
	names := make([]string, len(providers))
	for i, p := range providers {
		names[i] = p.name
	}
	return names
}

// Through names a courier by the code of one of Names, for couriers that the directory does not know: trackerdelivery:kr.new. It is
// empty without a code. Both interfaces of tracker.delivery take the same codes.
func Through(name, code string) tracking.Courier {
	if code == "" {
		return ""
	}
	return tracking.Courier(strings.TrimSuffix(name, "-v1") + ":" + code)
}

// All makes every carrier that has credentials in the environment.
func All(getenv func(string) string) ([]tracking.Carrier, error) {
	return Options{Getenv: getenv}.Carriers()
}

// Options says which carriers to make.
type Options struct {
	Carrier    string // one of Names; empty means all that have credentials
	URL        string // needs Carrier
	SelfHosted bool   // trackerdelivery on an own server, without keys
	Getenv     func(string) string
}

// Carriers makes them.
func (o Options) Carriers() ([]tracking.Carrier, error) {
	if o.SelfHosted && o.Carrier == "" {
		o.Carrier = "trackerdelivery"
	}
	if o.SelfHosted && o.Carrier != "trackerdelivery" {
		return nil, errors.New("only trackerdelivery can be self-hosted")
	}
	if o.Carrier != "" {
		return o.named()
	}
	if o.URL != "" {
		return nil, errors.New("an address needs the name of the carrier")
	}
	var carriers []tracking.Carrier
	for _, p := range providers {
		if p.key == "" || o.Getenv(p.key) == "" {
			continue
		}
		carrier, err := p.make(o.Getenv, "", false)
		if err != nil {
			return nil, err
		}
		carriers = append(carriers, carrier)
	}
	if len(carriers) == 0 {
		return nil, errors.New("no credentials in the environment: set WAYBILL_DELIVERYAPI_KEY, WAYBILL_SWEETTRACKER_KEY or " +
			"WAYBILL_TRACKERDELIVERY_CLIENT_ID and their companions")
	}
	return carriers, nil
}

func (o Options) named() ([]tracking.Carrier, error) {
	i := slices.IndexFunc(providers, func(p provider) bool { return p.name == o.Carrier })
	if i < 0 {
		return nil, fmt.Errorf("no carrier %q; there are %s", o.Carrier, strings.Join(Names(), ", "))
	}
	carrier, err := providers[i].make(o.Getenv, o.URL, o.SelfHosted)
	if err != nil {
		return nil, err
	}
	return []tracking.Carrier{carrier}, nil
}
