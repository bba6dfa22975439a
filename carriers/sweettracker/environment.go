package sweettracker

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ConfigFromEnv reads the configuration of the on-demand API from the environment; getenv is os.Getenv.
//
//	WAYBILL_SWEETTRACKER_KEY        API key (t_key), required
//	WAYBILL_SWEETTRACKER_URL        base address; the provider's when not set
//	WAYBILL_SWEETTRACKER_DAILY_CAP  queries per number and day; 10 when not set, 0 for none
//
// The error tells every fault at once. Without a key it is tracking.ErrCredentials, so that a program can leave the
// carrier out.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	c := Config{
		Key:     strings.TrimSpace(getenv("WAYBILL_SWEETTRACKER_KEY")),
		BaseURL: strings.TrimSpace(getenv("WAYBILL_SWEETTRACKER_URL")),
	}
	var malformed error
	if text := strings.TrimSpace(getenv("WAYBILL_SWEETTRACKER_DAILY_CAP")); text != "" {
		switch limit, err := strconv.Atoi(text); {
		case err != nil || limit < 0:
			malformed = errors.New("sweettracker: WAYBILL_SWEETTRACKER_DAILY_CAP is not a number of 0 or more")
		case limit == 0:
			c.DailyCap = Uncapped
		default:
			c.DailyCap = limit
		}
	}
	return c, errors.Join(malformed, c.Validate())
}

// TraceConfigFromEnv reads the configuration of the trace API from the environment; getenv is os.Getenv.
//
//	WAYBILL_SWEETTRACKER_TIER              account id, required
//	WAYBILL_SWEETTRACKER_TRACE_KEY         key, required
//	WAYBILL_SWEETTRACKER_TRACE_URL         base address, required
//	WAYBILL_SWEETTRACKER_TRACE_ALLOW_HTTP  "true" permits plain http to hosts other than the provider's own
//	WAYBILL_SWEETTRACKER_CALLBACK          callback address, with its secret token
//
// What is not set is taken from the back office's variables; see [BackOffice]. The error tells every fault at once.
// Without credentials it is tracking.ErrCredentials, so that a program can leave the trace API out.
func TraceConfigFromEnv(getenv func(string) string) (TraceConfig, error) {
	office, err := BackOfficeFromEnv(getenv)
	faults := []error{err}
	for variable, field := range map[string]*string{
		"WAYBILL_SWEETTRACKER_TIER":      &office.Tier,
		"WAYBILL_SWEETTRACKER_TRACE_KEY": &office.Key,
		"WAYBILL_SWEETTRACKER_TRACE_URL": &office.URL,
	} {
		if value := strings.TrimSpace(getenv(variable)); value != "" {
			*field = value
		}
	}
	c, err := office.TraceConfig()
	faults = append(faults, err)
	if callback := strings.TrimSpace(getenv("WAYBILL_SWEETTRACKER_CALLBACK")); callback != "" {
		c.Callback = callback
	}
	if text := strings.TrimSpace(getenv("WAYBILL_SWEETTRACKER_TRACE_ALLOW_HTTP")); text != "" {
		allow, err := strconv.ParseBool(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("sweettracker: WAYBILL_SWEETTRACKER_TRACE_ALLOW_HTTP is neither true nor false"))
		}
		c.AllowPlainHTTP = c.AllowPlainHTTP || allow
	}
	return c, errors.Join(append(faults, c.Validate())...)
}
