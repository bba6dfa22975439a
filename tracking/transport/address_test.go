package transport_test

import (
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/tracking/transport"
)

func TestCheckBaseURL(t *testing.T) {
	tests := []struct {
		address string
		plain   bool
		want    string // part of the error; empty means none
	}{
		{"https://api.example", false, ""}, {"https://api.example:8443/path", false, ""},
		{"http://127.0.0.1:4000/", false, ""}, {"http://[::1]:4000", false, ""}, {"http://LOCALHOST", false, ""},
		{"http://sandbox.localhost/x", false, ""}, {"http://api.example", true, ""},
		{"http://api.example", false, "plain http"}, {"http://127.0.0.1.example", false, "plain http"},
		{"ftp://api.example", false, "neither"}, {"api.example", false, "neither"}, {"", false, "neither"},
		{"https://", false, "no host"}, {"https://user:hunter2@api.example", false, "user"},
		{"https://api.example?key=hunter2", false, "query"}, {"https://api.example/#hunter2", false, "query"}, {"https://api.example/%zz", false, "not an address"},
	}
	for _, tt := range tests {
		err := transport.CheckBaseURL(tt.address, tt.plain)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.address, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.address, err, tt.want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the error shows a secret: %v", tt.address, err)
		}
	}
}
