package sweettracker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// BackOffice is how a commerce back office writes down its access to the trace API: nine properties of one naming
// scheme (documented by its vendor). [BackOffice.TraceConfig] makes a configuration of it. Printing it shows no secret.
//
//	property                  environment               field
//	delivery.api.url          DELIVERY_API_URL          URL
//	delivery.api.tier         DELIVERY_API_TIER         Tier
//	delivery.api.key          DELIVERY_API_KEY          Key
//	delivery.api.type         DELIVERY_API_TYPE         Type
//	delivery.api.externalUrl  DELIVERY_API_EXTERNALURL  ExternalURL
//	delivery.api.provider     DELIVERY_API_PROVIDER     Provider
//	delivery.tracking.path    DELIVERY_TRACKING_PATH    StatusPath
//	delivery.register.path    DELIVERY_REGISTER_PATH    RegisterPath
//	delivery.callback.path    DELIVERY_CALLBACK_PATH    CallbackPath
//
// DELIVERY_API_EXTERNAL_URL is understood as well.
type BackOffice struct {
	URL          string // base address of the trace API
	Tier, Key    string // credentials
	Type         string // form of the callbacks: json or map; which wire field it fed there is not known
	ExternalURL  string // the shop's own address, as the provider reaches it
	Provider     string // who is written into audit columns; the host's business
	StatusPath   string // of a status query whose shape nobody has described; not used
	RegisterPath string // of registration, under URL
	CallbackPath string // of the callback, under ExternalURL; holds the secret token
}

// ReadBackOffice reads the properties from a file in Java's form (.properties, UTF-8). Other properties are passed over.
func ReadBackOffice(r io.Reader) (BackOffice, error) {
	properties, err := parseProperties(r)
	if err != nil {
		return BackOffice{}, err
	}
	return readBackOffice(func(name string) string { return properties[name] })
}

// BackOfficeFromEnv reads the properties from the environment, in upper case with underscores; getenv is os.Getenv.
func BackOfficeFromEnv(getenv func(string) string) (BackOffice, error) {
	return readBackOffice(func(name string) string {
		variable := strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
		if value := getenv(variable); value != "" || variable != "DELIVERY_API_EXTERNALURL" {
			return value
		}
		return getenv("DELIVERY_API_EXTERNAL_URL")
	})
}

func readBackOffice(get func(name string) string) (BackOffice, error) {
	var b BackOffice
	var faults []error
	for _, property := range []struct {
		name  string
		field *string
	}{
		{"delivery.api.url", &b.URL}, {"delivery.api.tier", &b.Tier}, {"delivery.api.key", &b.Key},
		{"delivery.api.type", &b.Type}, {"delivery.api.externalUrl", &b.ExternalURL},
		{"delivery.api.provider", &b.Provider}, {"delivery.tracking.path", &b.StatusPath},
		{"delivery.register.path", &b.RegisterPath}, {"delivery.callback.path", &b.CallbackPath},
	} {
		value := strings.TrimSpace(get(property.name))
		if strings.Contains(value, "${") { // filled in by the framework that the file was written for
			faults = append(faults, fmt.Errorf("sweettracker: %s holds a placeholder that nobody filled in", property.name))
			continue
		}
		*property.field = value
	}
	return b, errors.Join(faults...)
}

// TraceConfig makes a configuration. It permits plain http to the provider's own hosts, for which nothing else is
// known; any other host needs https, or AllowPlainHTTP. The faults it reports are those of the properties, all at once; the
// configuration's own are left to Validate.
func (b BackOffice) TraceConfig() (TraceConfig, error) {
	c := TraceConfig{
		Tier: b.Tier, Key: b.Key, BaseURL: b.URL, AllowPlainHTTP: isProvidersPlainHost(b.URL),
		RegisterPath: withSlash(b.RegisterPath), CallbackType: strings.ToLower(b.Type),
	}
	var faults []error
	switch c.CallbackType {
	case "", callbackJSON, callbackMap:
	default:
		c.CallbackType = ""
		faults = append(faults, errors.New("sweettracker: delivery.api.type is neither json nor map, the two forms that can be read"))
	}
	switch {
	case b.ExternalURL != "" && b.CallbackPath != "":
		c.Callback = strings.TrimRight(b.ExternalURL, "/") + withSlash(b.CallbackPath)
	case b.ExternalURL != "" || b.CallbackPath != "":
		faults = append(faults, errors.New("sweettracker: delivery.api.externalUrl and delivery.callback.path make the callback together, and one of them is missing"))
	}
	return c, errors.Join(faults...)
}

func withSlash(path string) string {
	if path == "" || strings.HasPrefix(path, "/") {
		return path
	}
	return "/" + path
}

// isProvidersPlainHost reports whether an address is http at one of the provider's current hosts (reported).
func isProvidersPlainHost(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	switch strings.ToLower(u.Hostname()) {
	case "trace-api.sweettracker.net", "trace-api-dev.sweettracker.net":
		return true
	}
	return false
}

// String says which settings there are, without a secret.
func (b BackOffice) String() string {
	return fmt.Sprintf("sweettracker.BackOffice{%s, %s, %s, %s}",
		given("URL", b.URL), given("Tier", b.Tier), given("Key", b.Key), given("CallbackPath", b.CallbackPath))
}

// Format writes String for every verb.
func (b BackOffice) Format(f fmt.State, _ rune) { writePlain(f, b.String()) }

// MarshalJSON writes String.
func (b BackOffice) MarshalJSON() ([]byte, error) { return json.Marshal(b.String()) }

// LogValue is String.
func (b BackOffice) LogValue() slog.Value { return slog.StringValue(b.String()) }
