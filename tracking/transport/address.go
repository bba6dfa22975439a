package transport

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// CheckBaseURL says what is wrong with an address that credentials will be sent to, and nil when nothing is: it is
// absolute, https (http too on a loopback host, or with allowPlainHTTP), and holds no user, query or fragment. Adapters
// check their configuration with it before the first call. The error never repeats the address, which may hold a secret.
func CheckBaseURL(address string, allowPlainHTTP bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("is not an address")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("is neither https nor http")
	case u.Hostname() == "":
		return errors.New("has no host")
	case u.User != nil:
		return errors.New("holds a user or a password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("has a query or a fragment")
	case u.Scheme == "http" && !allowPlainHTTP && !Loopback(u.Hostname()):
		return errors.New("is plain http: credentials would travel in clear (AllowPlainHTTP permits it)")
	}
	return nil
}

// Loopback reports whether a host, without a port, is this machine.
func Loopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
