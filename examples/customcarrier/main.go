// Customcarrier adds a carrier of the host's own: a regional trucking firm that answers one HTTP call per parcel with lines of text. The
// carrier is below; its test runs the suite that every carrier passes.
//
//	go run ./examples/customcarrier
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"

	"github.com/waybill-dev/waybill/tracking"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	server := httptest.NewServer(http.HandlerFunc(truckersAPI)) // stands for the firm's own server
	err := run(ctx, server.URL, nil, os.Stdout)
	server.Close()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "customcarrier:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, base string, httpClient *http.Client, stdout io.Writer) error {
	truckers, err := NewTruckers(base, httpClient)
	if err != nil {
		return err
	}
	client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{truckers}})
	if err != nil {
		return err
	}
	parcel, err := client.Track(ctx, tracking.Query{Courier: "truckers", Number: "T-1"})
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, parcel.Status, parcel.Window)
	for _, ev := range parcel.Events {
		fmt.Fprintln(stdout, ev.At.Format("01/02 15:04"), ev.Text, ev.Place)
	}
	return nil
}

// truckersAPI is the firm's server, as far as this program needs one.
func truckersAPI(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Query().Get("n") {
	case "T-1":
		fmt.Fprint(w, "2026-11-20 18:02|집하|고양\n2026-11-21 09:17|배송출발 (16~18시)|보은\n")
	case "T-2":
		fmt.Fprint(w, "2026-11-20 18:02|창고정리|고양\n")
	case "T-500":
		http.Error(w, "down", http.StatusBadGateway)
	default:
		http.NotFound(w, r)
	}
}
