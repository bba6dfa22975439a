package statusmap

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

var (
	//go:embed tables/deliveryapi.tsv
	deliveryAPI string
	//go:embed tables/sweettracker.tsv
	sweetTracker string
	//go:embed tables/trackerdelivery.tsv
	trackerDelivery string
)

// DeliveryAPI gives the built-in table of deliveryapi: statusCode and deliveryStatus, which are our twelve
// statuses (documented), and the return words of couriers. Each call gives a table with counts of its own.
func DeliveryAPI() *Table { return mustRead("deliveryapi", deliveryAPI) }

// SweetTracker gives the built-in table of SweetTracker: the level in decimal digits as code (1 to 6 documented, 0
// observed, −99 a scan error that says nothing), and return words. Each call gives a table with counts of its own.
func SweetTracker() *Table { return mustRead("sweettracker", sweetTracker) }

// TrackerDelivery gives the built-in table of tracker.delivery, for both generations of its API: the nine codes (documented)
// and the couriers' words that say more than the code. Each call gives a table with counts of its own.
func TrackerDelivery() *Table { return mustRead("trackerdelivery", trackerDelivery) }

// mustRead makes a table of embedded data. The data is part of the program and under test, so a fault
// in it is a fault of the build.
func mustRead(name, data string) *Table {
	rows, err := readRows(data)
	if err != nil {
		panic(err)
	}
	table, err := New(name, rows...)
	if err != nil {
		panic(err)
	}
	return table
}

// readRows reads rows of courier, code, text, status, sub-status and reason, divided by tabs. Empty columns at the
// end may be left out; lines that begin with # are comments.
func readRows(data string) ([]Row, error) {
	var rows []Row
	var errs []error
	number := 0
	for line := range strings.Lines(data) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		row, err := readRow(line)
		if err != nil {
			errs = append(errs, fmt.Errorf("statusmap: line %d: %w", number, err))
		}
		rows = append(rows, row)
	}
	return rows, errors.Join(errs...)
}

func readRow(line string) (Row, error) {
	var columns [6]string
	fields := strings.Split(line, "\t")
	if len(fields) > len(columns) {
		return Row{}, fmt.Errorf("%d columns, at most %d expected", len(fields), len(columns))
	}
	copy(columns[:], fields)
	row := Row{
		Courier: tracking.Courier(columns[0]), Code: columns[1], Text: columns[2],
		Reason: tracking.Reason(columns[5]),
	}
	err := errors.Join(row.Status.UnmarshalText([]byte(columns[3])), row.Sub.UnmarshalText([]byte(columns[4])))
	return row, err
}
