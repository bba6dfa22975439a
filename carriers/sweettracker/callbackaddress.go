package sweettracker

import (
	"errors"
	"net/url"
	"strings"

	"github.com/waybill-dev/waybill/tracking/transport"
)

// leastToken is how long the secret part of a callback's path must be, in bytes: 16 random bytes are 128 bits even if
// each is used whole, 22 characters in base64url.
const leastToken = 16

// checkCallback refuses a callback address that anybody could guess or read on the way. The provider signs nothing:
// that it knows the address is the only proof there is. Its errors do not repeat the address, which is a secret.
func checkCallback(address string) error {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return errors.New("is empty")
	case err != nil:
		return errors.New("is not an address")
	case u.Hostname() == "":
		return errors.New("has no host")
	case u.Scheme != "https" && !(u.Scheme == "http" && transport.Loopback(u.Hostname())):
		return errors.New("is not https")
	case u.User != nil:
		return errors.New("holds a user or a password")
	case u.Fragment != "":
		return errors.New("has a fragment")
	case len(longestSegment(u.Path)) < leastToken:
		return errors.New("has no secret token of 16 characters or more in its path")
	}
	return nil
}

// callbackSecrets lists what must not be shown of a callback address: the address and its token.
func callbackSecrets(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return []string{address}
	}
	token := longestSegment(u.Path)
	if len(token) < leastToken {
		return []string{address}
	}
	return []string{address, token}
}

func longestSegment(path string) string {
	longest := ""
	for segment := range strings.SplitSeq(path, "/") {
		if len(segment) > len(longest) {
			longest = segment
		}
	}
	return longest
}
