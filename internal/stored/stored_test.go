package stored_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order/privacy"
)

type recipient struct {
	Name  privacy.Sensitive `json:"name"`
	Phone privacy.Sensitive `json:"phone,omitzero"`
	Memo  privacy.Sensitive `json:"memo"`
}

type section struct {
	ID   string    `json:"id"`
	To   recipient `json:"to"`
	Prev *section  `json:"prev,omitempty"`
}

type base struct {
	At      time.Time `json:"at"`
	Version int       `json:"version,omitempty"`
}

type color string

type point struct{ x, y int }

func (p point) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d-%d", p.x, p.y), nil }

func (p *point) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text), "%d-%d", &p.x, &p.y)
	return err
}

type order struct {
	base
	Sections []section                    `json:"sections"`
	None     []section                    `json:"none"`
	ByColor  map[color]privacy.Sensitive  `json:"byColor"`
	ByPoint  map[point]*privacy.Sensitive `json:"byPoint,omitempty"`
	Pair     [2]privacy.Sensitive         `json:"pair"`
	Skipped  string                       `json:"-"`
	Raw      json.RawMessage              `json:"raw,omitempty"`
	Bytes    []byte
	hidden   int
}

type option struct {
	To     recipient
	Amount int64 `json:"amount,string"`
}

func sample(p privacy.Profile) order {
	memo := p.Memo("현관 <1234> & \"벨\"")
	first := section{ID: "s1", To: recipient{Name: p.Name("홍길동"), Phone: p.Phone("010-1234-5678")}}
	return order{
		base:     base{At: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), Version: 3},
		Sections: []section{first, {ID: "s2", To: recipient{Name: p.Other("?"), Memo: memo}, Prev: &first}},
		ByColor:  map[color]privacy.Sensitive{"red": p.Email("a@b.kr"), "blue": p.PCCC("P123456789012"), "none": {}},
		ByPoint:  map[point]*privacy.Sensitive{{1, 2}: &memo, {0, 9}: nil},
		Pair:     [2]privacy.Sensitive{p.Address("서울 강남구 테헤란로 1"), p.Detail("101동")},
		Raw:      json.RawMessage(`[1]`), Bytes: []byte("bytes"),
	}
}

func TestRoundTrip(t *testing.T) {
	data, err := stored.Marshal(sample(privacy.Standard))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []privacy.Profile{privacy.Standard, privacy.Strict} {
		var back order
		if err := stored.Unmarshal(data, p, &back); err != nil {
			t.Fatal(err)
		}
		if want := sample(p); !reflect.DeepEqual(back, want) {
			t.Errorf("%v: %s", p, cmp.Diff(want, back, cmp.AllowUnexported(order{}, point{})))
		}
		again, err := stored.Marshal(&back)
		if err != nil || string(again) != string(data) {
			t.Errorf("written again it is %s, %v; want %s", again, err, data)
		}
	}
}

func TestForm(t *testing.T) {
	s := sample(privacy.Strict).Sections[0]
	data, err := stored.Marshal(s)
	want := `{"id":"s1","to":{"name":{"name":"홍길동"},"phone":{"phone":"010-1234-5678"},"memo":null}}`
	if err != nil || string(data) != want {
		t.Errorf("stored as %s, %v; want %s", data, err, want)
	}
}

// Apart from Sensitive values the form is that of encoding/json: with all of them empty, and shown so, both agree.
func TestLikeEncodingJSON(t *testing.T) {
	bare := order{
		base: base{At: time.Now()}, Sections: []section{{ID: "<s1>"}, {Prev: &section{}}},
		ByColor: map[color]privacy.Sensitive{"b": {}, "a": {}},
		ByPoint: map[point]*privacy.Sensitive{{2, 1}: nil, {1, 2}: {}}, hidden: 1, Skipped: "x",
	}
	for _, v := range []any{
		bare, &bare, order{}, []any{1, "a", nil, bare}, map[string]any{"z": bare, "a": 1.5}, nil, 7, "<x>", (*section)(nil),
		time.Now(), map[string]any(nil), []section(nil), [1]any{}, struct{ A, B any }{A: []int{1}},
	} {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := stored.Marshal(v)
		// An empty value is "" when it is masked and null when it is stored.
		plain := strings.NewReplacer(`"name":""`, `"name":null`, `"memo":""`, `"memo":null`, `["",""]`, `[null,null]`,
			`"a":""`, `"a":null`, `"b":""`, `"b":null`, `"1-2":""`, `"1-2":null`).Replace(string(want))
		if err != nil || string(got) != plain {
			t.Errorf("%T is stored as\n%s, %v; want\n%s", v, got, err, plain)
		}
	}
}

type ownJSON struct{ Name privacy.Sensitive }

func (ownJSON) MarshalJSON() ([]byte, error) { return []byte(`"masked"`), nil }

func (*ownJSON) UnmarshalJSON([]byte) error { return nil }

type embedded struct{ privacy.Sensitive }

type twice struct {
	recipient
	Name string `json:"name"`
}

func TestWhatWouldBeLostIsRefused(t *testing.T) {
	name := privacy.Name("홍길동")
	loop := &section{ID: "s1"}
	loop.Prev = loop
	for what, v := range map[string]any{
		"own form":           ownJSON{name},
		"pointer to it":      &ownJSON{name},
		"inside":             []any{map[string]any{"x": ownJSON{name}}},
		"embedded":           embedded{name},
		"embedded pointer":   struct{ *section }{&section{}},
		"unexported":         struct{ name privacy.Sensitive }{name},
		"unexported pointer": struct{ to *recipient }{&recipient{Name: name}},
		"two of one name":    twice{recipient{}, "x"},
		"string option":      option{},
		"key":                map[privacy.Sensitive]int{name: 1},
		"number as key":      map[int]privacy.Sensitive{1: name},
		"loop":               loop,
		"unknown kind":       privacy.Standard.Of(99, "x"),
		"channel":            make(chan int),
		"channel of names":   struct{ C chan privacy.Sensitive }{make(chan privacy.Sensitive)},
	} {
		data, err := stored.Marshal(v)
		if err == nil || data != nil {
			t.Errorf("%s is stored as %s, %v", what, data, err)
		} else if strings.Contains(err.Error(), "홍길동") {
			t.Errorf("%s: the error shows it: %v", what, err)
		}
	}
}

func TestWhatWasNotStoredIsRefused(t *testing.T) {
	for what, tc := range map[string]struct {
		data string
		to   any
	}{
		"mask":              {`{"name":"홍*동"}`, &recipient{}},
		"number":            {`{"name":1}`, &recipient{}},
		"list":              {`{"name":["name","홍길동"]}`, &recipient{}},
		"kind unknown":      {`{"name":{"nick":"홍길동"}}`, &recipient{}},
		"two kinds":         {`{"name":{"name":"홍길동","memo":"홍길동"}}`, &recipient{}},
		"no kind":           {`{"name":{}}`, &recipient{}},
		"no text":           {`{"name":{"name":null}}`, &recipient{}},
		"no object":         {`["홍길동"]`, &recipient{}},
		"no JSON":           {`{"홍길동"`, &recipient{}},
		"more behind":       {`{} {}`, &recipient{}},
		"nothing":           {``, &recipient{}},
		"wrong type":        {`{"id":{"홍길동":1}}`, &section{}},
		"wrong length":      {`{"pair":[null]}`, &order{}},
		"array for a map":   {`{"byColor":[]}`, &order{}},
		"key of a map":      {`{"byPoint":{"홍길동":null}}`, &order{}},
		"interface":         {`{"a":"홍길동"}`, &map[string]any{}},
		"own form":          {`{}`, &ownJSON{}},
		"no pointer":        {`{}`, recipient{}},
		"nil pointer":       {`{}`, (*recipient)(nil)},
		"nothing to go to":  {`{}`, nil},
		"key that is one":   {`{"a":1}`, &map[privacy.Sensitive]int{}},
		"unexported inside": {`{}`, &struct{ name privacy.Sensitive }{}},
	} {
		if err := stored.Unmarshal([]byte(tc.data), privacy.Standard, tc.to); err == nil {
			t.Errorf("%s: read as %+v", what, tc.to)
		} else if strings.Contains(err.Error(), "홍") {
			t.Errorf("%s: the error shows it: %v", what, err)
		}
	}
}

func TestReadingOverwrites(t *testing.T) {
	to := section{ID: "old", To: recipient{Name: privacy.Name("김철"), Memo: privacy.Memo("x")}, Prev: &section{}}
	data := ` {"id":"new","to":{"name":null},"prev":null,"later":{"name":"x"}} `
	if err := stored.Unmarshal([]byte(data), privacy.Standard, &to); err != nil {
		t.Fatal(err)
	}
	if want := (section{ID: "new", To: recipient{Memo: privacy.Memo("x")}}); to != want {
		t.Errorf("read as %+v, want %+v", to, want)
	}
}

func TestTextOfAnyBytes(t *testing.T) {
	for _, text := range []string{"\x00\x1f\u2028", "a\xffb", "\ufffd", `\u0041`, "👩‍👩‍👧", strings.Repeat("가", 10_000)} {
		s := privacy.Other(text)
		data, err := stored.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back privacy.Sensitive
		if err := stored.Unmarshal(data, privacy.Standard, &back); err != nil || back != s {
			t.Errorf("%q is lost on the way: %v", text, err)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	data, err := stored.Marshal(sample(privacy.Standard))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"sections":[null,{"prev":{}}],"pair":[null,{"memo":"x"}],"byColor":null,"at":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second order
		if stored.Unmarshal(data, privacy.Standard, &first) != nil {
			return
		}
		written, err := stored.Marshal(first)
		if err != nil {
			return // as encoding/json, which reads dates that it does not write
		}
		if err := stored.Unmarshal(written, privacy.Standard, &second); err != nil {
			t.Fatalf("%s was written and not read: %v", written, err)
		}
		again, err := stored.Marshal(second)
		if err != nil || string(again) != string(written) {
			t.Errorf("%s, written again: %s, %v", written, again, err)
		}
	})
}

func BenchmarkMarshal(b *testing.B) {
	v := sample(privacy.Standard)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := stored.Marshal(v); err != nil {
			b.Fatal(err)
		}
	}
}
