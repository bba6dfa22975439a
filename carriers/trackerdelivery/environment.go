package trackerdelivery

import (
	"fmt"
	"strconv"
	"strings"
)

// The variables that [ConfigFromEnv] and [V1ConfigFromEnv] read.
const (
	envClientID     = "WAYBILL_TRACKERDELIVERY_CLIENT_ID"
	envClientSecret = "WAYBILL_TRACKERDELIVERY_CLIENT_SECRET"
	envURL          = "WAYBILL_TRACKERDELIVERY_URL"
	envTokenURL     = "WAYBILL_TRACKERDELIVERY_TOKEN_URL"
	envMode         = "WAYBILL_TRACKERDELIVERY_MODE"
	envAuth         = "WAYBILL_TRACKERDELIVERY_AUTH"
	envAliases      = "WAYBILL_TRACKERDELIVERY_ALIASES"
	envV1URL        = "WAYBILL_TRACKERDELIVERY_V1_URL"
)

// ConfigFromEnv reads a configuration through getenv, which is os.Getenv or the like.
//
//	WAYBILL_TRACKERDELIVERY_CLIENT_ID      client id of the managed service
//	WAYBILL_TRACKERDELIVERY_CLIENT_SECRET  its client secret
//	WAYBILL_TRACKERDELIVERY_URL            GraphQL address; empty means the managed service
//	WAYBILL_TRACKERDELIVERY_MODE           managed or selfhosted; empty decides by the others, see [Config]
//	WAYBILL_TRACKERDELIVERY_AUTH           key (default), oauth2 or oauth2-basic
//	WAYBILL_TRACKERDELIVERY_TOKEN_URL      OAuth2 token address
//	WAYBILL_TRACKERDELIVERY_ALIASES        parcels in one document
//
// The error names the variable that cannot be read, not its value. What is missing is found by [Carrier.Validate].
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	c := Config{
		ClientID: getenv(envClientID), ClientSecret: getenv(envClientSecret),
		BaseURL: getenv(envURL), TokenURL: getenv(envTokenURL),
	}
	var err error
	if c.Mode, err = parseName[Mode](envMode, getenv(envMode), modeNames[:]); err != nil {
		return Config{}, err
	}
	if c.Auth, err = parseName[Auth](envAuth, getenv(envAuth), authNames[:]); err != nil {
		return Config{}, err
	}
	if text := getenv(envAliases); text != "" {
		if c.Aliases, err = strconv.Atoi(text); err != nil {
			return Config{}, fmt.Errorf("trackerdelivery: %s: want a number", envAliases)
		}
	}
	return c, nil
}

// V1ConfigFromEnv reads the configuration of the old REST interface through getenv, which is os.Getenv or the like.
//
//	WAYBILL_TRACKERDELIVERY_CLIENT_ID      client id of the managed service; may be left out
//	WAYBILL_TRACKERDELIVERY_CLIENT_SECRET  its client secret
//	WAYBILL_TRACKERDELIVERY_V1_URL         base address; the managed service's when not set
//
// The error is always nil: what is wrong or missing is found by [V1.Validate].
func V1ConfigFromEnv(getenv func(string) string) (V1Config, error) {
	return V1Config{ClientID: getenv(envClientID), ClientSecret: getenv(envClientSecret), BaseURL: getenv(envV1URL)}, nil
}

// parseName finds a name's index; an empty text is the first.
func parseName[T ~uint8](variable, text string, names []string) (T, error) {
	if text == "" {
		return 0, nil
	}
	for i, name := range names {
		if strings.EqualFold(name, text) {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("trackerdelivery: %s: want one of %s", variable, strings.Join(names, ", "))
}
