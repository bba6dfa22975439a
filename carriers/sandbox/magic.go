package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// MagicNumber is a waybill number that does something special in every world that is not [Config.Empty].
// Numbers are fixed, and valid for their courier: what a carrier checks offline lets them pass.
type MagicNumber struct {
	Number  string           `json:"number"`
	Courier tracking.Courier `json:"courier"`
	Case    string           `json:"case"` // unique name, such as delivered or deliveryapi/item/NOT_FOUND
	What    string           `json:"what"`

	// Providers are those whose answers the case concerns; empty means all. At the others the number is an
	// ordinary parcel.
	Providers []string `json:"providers,omitempty"`
	// Faulty cases answer with an error or a broken answer at their providers.
	Faulty bool `json:"faulty,omitempty"`
	Once   bool `json:"once,omitempty"` // a faulty case whose fault is gone after one call at each provider

	// Known says whether there is data when the world begins, apart from faults; Status and Sub are the truth then.
	Known  bool            `json:"known"`
	Status tracking.Status `json:"status"`
	Sub    tracking.Sub    `json:"sub,omitempty"`

	// Earlier says that all that providers show when the world begins belongs to an earlier use of the number. Only
	// an asker who says since when (Since one hour before the begin will do) can know that.
	Earlier bool `json:"earlier,omitempty"`
	shown   tracking.Status
}

// Magic lists the magic numbers in a fixed order.
func Magic() []MagicNumber {
	rows := magicRows(referenceStart)
	numbers := make([]MagicNumber, len(rows))
	for i, row := range rows {
		numbers[i] = row.MagicNumber
		numbers[i].begin(row.parcels)
	}
	return numbers
}

// begin fills in what is known and shown when the world begins.
func (m *MagicNumber) begin(uses []Parcel) {
	strays := func(s Scan) bool { return s.Stray }
	for _, p := range uses {
		if !p.known(referenceStart) {
			continue
		}
		scans := p.shown(referenceStart)
		m.Known, m.Earlier = true, m.Known && len(scans) == 0
		if slices.ContainsFunc(scans, strays) && len(slices.DeleteFunc(slices.Clone(scans), strays)) == 0 {
			m.Earlier, m.shown = true, scans[len(scans)-1].Status
		}
		m.Status, m.Sub, _ = settle(scans)
		if !m.Earlier {
			m.shown = m.Status
		}
	}
}

// MagicCase finds a magic number by the name of its case.
func MagicCase(name string) (MagicNumber, bool) {
	all := Magic()
	i := slices.IndexFunc(all, func(m MagicNumber) bool { return m.Case == name })
	if i < 0 {
		return MagicNumber{}, false
	}
	return all[i], true
}

// Query asks for the number.
func (m MagicNumber) Query() tracking.Query {
	return tracking.Query{Courier: m.Courier, Number: m.Number}
}

// Concerns reports whether the case shows in this provider's answers.
func (m MagicNumber) Concerns(provider string) bool {
	return len(m.Providers) == 0 || slices.Contains(m.Providers, provider)
}

// Told gives the status that this provider can tell at best when the world begins, to an asker who does not say since
// when. It is less than the truth where the provider lacks the word: SweetTracker has no steps for trouble and
// cancellation (documented), tracker.delivery no code for several (documented), and its old interface leaves out
// what it cannot map, such as returns (observed).
func (m MagicNumber) Told(provider string) tracking.Status {
	if m.Earlier {
		return m.shown
	}
	told := m.Status
	switch provider {
	case SweetTracker:
		told = lesser(told, toldBySweetTracker)
	case TrackerDeliveryV1:
		if m.Status == returned && m.Sub == returning {
			return outFor
		}
		if m.Status == returned {
			return delivered
		}
		fallthrough
	case TrackerDelivery, SelfHosted:
		if m.Sub == tracking.SubLost {
			return tracking.StatusHold
		}
		told = lesser(told, toldByTrackerDelivery)
	}
	return told
}

var (
	toldBySweetTracker = map[tracking.Status]tracking.Status{
		tracking.StatusPickupReady: registered, tracking.StatusCancelled: registered,
		tracking.StatusHold: inTransit, tracking.StatusFailed: outFor,
	}
	toldByTrackerDelivery = map[tracking.Status]tracking.Status{
		tracking.StatusPending: registered, tracking.StatusPickupReady: registered,
	}
)

// lesser looks up what is told instead of a status; most are told as they are.
func lesser(s tracking.Status, instead map[tracking.Status]tracking.Status) tracking.Status {
	if told, ok := instead[s]; ok {
		return told
	}
	return s
}

// magicRow is a magic number and what the world does about it.
type magicRow struct {
	MagicNumber
	parcels []Parcel
}

// referenceStart stands for the begin of a world where only "known at the begin" matters: a Monday morning in Seoul.
var referenceStart = time.Date(2026, 9, 28, 9, 0, 0, 0, kst)

func magicRows(start time.Time) []magicRow {
	return slices.Concat(statusRows(start), recordedRows(start), behaviourRows(start), faultRows(start))
}

func magicParcels(start time.Time) []Parcel {
	var parcels []Parcel
	for _, row := range magicRows(start) {
		parcels = append(parcels, row.parcels...)
	}
	return parcels
}

// row makes a magic number out of its parcels.
func row(c, number, name, what string, parcels ...Parcel) magicRow {
	m := MagicNumber{Number: number, Courier: tracking.Courier(c), Case: name, What: what}
	for i := range parcels {
		parcels[i].Courier, parcels[i].Number = m.Courier, m.Number
	}
	return magicRow{m, parcels}
}

// The couriers' grammars: the n-th number of the world's own series, with its check digit.

func cj(n int) string     { return fmt.Sprintf("55%09d%d", n, n%7) } // the first two digits take no part
func lotte(n int) string  { return mod7(55_000_000_000 + n) }
func hanjin(n int) string { return mod7(55_000_000_000 + n) }
func logen(n int) string  { return fmt.Sprintf("55%09d", n) }
func post(n int) string   { return fmt.Sprintf("6%012d", n) }
func gs(n int) string     { return fmt.Sprintf("55%08d", n) }

func mod7(digits int) string { return fmt.Sprintf("%d%d", digits, digits%7) }
