package directory

import (
	_ "embed" // the two tables
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/waybill-dev/waybill/internal/number"
)

var (
	//go:embed couriers.csv
	couriersCSV string
	//go:embed grammar.csv
	grammarCSV string
)

// index is both tables, ready to be asked.
type index struct {
	couriers   []*Courier
	byCode     map[string]*Courier
	byProvider [len(providers)]map[string]*Courier
	byName     map[string]*Courier // everything a courier may be called, normalised
}

func build(couriers, grammar string) (*index, error) {
	idx := &index{byCode: map[string]*Courier{}, byName: map[string]*Courier{}}
	for i := range idx.byProvider {
		idx.byProvider[i] = map[string]*Courier{}
	}
	header := []string{"code", "korean", "english", DeliveryAPI, SweetTracker, TrackerDelivery, "confidence", "aliases"}
	if err := eachRow(couriers, header, idx.addCourier); err != nil {
		return nil, fmt.Errorf("couriers: %w", err)
	}
	header = []string{"courier", "min", "max", "shape", "check", "severity", "confidence"}
	if err := eachRow(grammar, header, idx.addForm); err != nil {
		return nil, fmt.Errorf("grammar: %w", err)
	}
	return idx, nil
}

// eachRow reads a table with this header, and stops at the first row that add refuses.
func eachRow(table string, header []string, add func(row []string) error) error {
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		return err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], header) {
		return fmt.Errorf("want the columns %v", header)
	}
	for i, row := range rows[1:] {
		if err := add(row); err != nil {
			return fmt.Errorf("row %d: %w", i+2, err)
		}
	}
	return nil
}

func (x *index) addCourier(row []string) error {
	c := &Courier{Code: row[0], Korean: row[1], English: row[2], Confidence: row[6], Aliases: list(row[7])}
	if c.Code == "" || c.Korean == "" || c.English == "" || !isConfidence(c.Confidence) {
		return fmt.Errorf("%q lacks a code, a name or a confidence", c.Code)
	}
	if x.byCode[c.Code] != nil {
		return fmt.Errorf("%q is there twice", c.Code)
	}
	x.couriers = append(x.couriers, c)
	x.byCode[c.Code] = c
	names := append([]string{c.Code, c.Korean, c.English}, c.Aliases...)
	for i := range providers {
		c.codes[i] = list(row[3+i])
		for _, code := range c.codes[i] {
			if other := x.byProvider[i][code]; other != nil {
				return fmt.Errorf("%s's %q is both %s and %s", providers[i], code, other.Code, c.Code)
			}
			x.byProvider[i][code] = c
		}
		names = append(names, c.codes[i]...)
	}
	for _, name := range names {
		key := number.Normalize(name)
		if other := x.byName[key]; key == "" || other != nil && other != c {
			return fmt.Errorf("%q of %s is empty or another courier's", name, c.Code)
		}
		x.byName[key] = c
	}
	return nil
}

func (x *index) addForm(row []string) error {
	c := x.byCode[row[0]]
	if c == nil {
		return fmt.Errorf("no courier %q", row[0])
	}
	shortest, err1 := strconv.Atoi(row[1])
	longest, err2 := strconv.Atoi(row[2])
	f := Form{Min: shortest, Max: longest, Shape: row[3], Check: Check(row[4]), Warn: row[5] == "warning", Confidence: row[6]}
	switch {
	case err1 != nil || err2 != nil || f.Min < 1 || f.Max < f.Min:
		return fmt.Errorf("%s: lengths %q to %q", c.Code, row[1], row[2])
	case f.Shape != "" && (f.Min != f.Max || f.Min != len(f.Shape)):
		return fmt.Errorf("%s: shape %q is not %d characters long", c.Code, f.Shape, f.Min)
	case !f.Check.fits(f):
		return fmt.Errorf("%s: check %q does not go with this form", c.Code, f.Check)
	case row[5] != "warning" && row[5] != "none", !isConfidence(f.Confidence):
		return fmt.Errorf("%s: severity %q or confidence %q", c.Code, row[5], f.Confidence)
	}
	c.Forms = append(c.Forms, f)
	return nil
}

func list(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, "|")
}

func isConfidence(word string) bool {
	return slices.Contains([]string{"documented", "observed", "reported", "unsure"}, word)
}
