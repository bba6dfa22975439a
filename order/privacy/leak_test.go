package privacy_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log/slog"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/order/privacy"
)

// secrets are the values of a recipient, and of each the part that no mask shows.
var secrets = []struct {
	kind         privacy.Kind
	text, hidden string
}{
	{privacy.KindName, "남궁민수", "궁민"},
	{privacy.KindPhone, "010-8642-5317", "8642"},
	{privacy.KindAddress, "서울특별시 강남구 테헤란로 97531", "97531"},
	{privacy.KindDetail, "가람아파트 709동", "가람아파트"},
	{privacy.KindMemo, "현관 비밀번호 #2468", "#2468"},
	{privacy.KindEmail, "gildong.hong@naver.com", "ldong"},
	{privacy.KindPCCC, "P135792468013", "135792468013"},
	{privacy.KindOther, "새벽에만 있어요", "새벽"},
}

type person struct {
	Name    privacy.Sensitive            `json:"name" xml:"name"`
	Pointer *privacy.Sensitive           `json:"pointer" xml:"pointer"`
	List    []privacy.Sensitive          `json:"list" xml:"list"`
	ByKind  map[string]privacy.Sensitive `json:"byKind" xml:"-"`
	Any     any                          `json:"any" xml:"any"`
	Attr    privacy.Sensitive            `json:"attr,omitzero" xml:"attr,attr"`
}

// closed has the data where no method is called.
type closed struct {
	one     privacy.Sensitive
	pointer *privacy.Sensitive
	list    []privacy.Sensitive
	array   [1]privacy.Sensitive
	byValue map[privacy.Sensitive]privacy.Sensitive
	any     any
}

type embedding struct {
	privacy.Sensitive
	n int
}

func personOf(s privacy.Sensitive) person {
	return person{
		Name: s, Pointer: &s, List: []privacy.Sensitive{s}, ByKind: map[string]privacy.Sensitive{"k": s}, Any: s, Attr: s,
	}
}

func closedOf(s privacy.Sensitive) closed {
	return closed{
		one: s, pointer: &s, list: []privacy.Sensitive{s}, array: [1]privacy.Sensitive{s},
		byValue: map[privacy.Sensitive]privacy.Sensitive{s: s}, any: s,
	}
}

// forms are the ways in which hidden could be written.
func forms(hidden string) []string {
	lower := hex.EncodeToString([]byte(hidden))
	decimals := strings.Trim(fmt.Sprint([]byte(hidden)), "[]")
	return []string{
		hidden, lower, strings.ToUpper(lower), strings.Trim(fmt.Sprintf("% x", hidden), " "), decimals,
		strings.ReplaceAll(decimals, " ", ", "), strings.Trim(strconv.QuoteToASCII(hidden), `"`),
		base64.StdEncoding.EncodeToString([]byte(hidden)),
	}
}

// address is where something lies in memory: any digits, by chance also those of a secret.
var address = regexp.MustCompile(`0x[0-9a-f]{9,16}\b`)

func TestNothingLeaks(t *testing.T) {
	for _, secret := range secrets {
		for _, p := range []privacy.Profile{privacy.Standard, privacy.Strict} {
			s := p.Of(secret.kind, secret.text)
			for what, out := range outputs(t, s) {
				out = address.ReplaceAllString(out, "0x…")
				for _, form := range append(forms(secret.hidden), forms(secret.text)...) {
					if strings.Contains(out, form) {
						t.Errorf("%s of a %v shows %q: %s", what, secret.kind, form, out)
					}
				}
			}
		}
	}
}

// outputs prints s, and what holds it, in every way that there is.
func outputs(t *testing.T, s privacy.Sensitive) map[string]string {
	t.Helper()
	out := map[string]string{}
	holders := []any{
		s, &s, personOf(s), ptr(personOf(s)), closedOf(s), ptr(closedOf(s)), embedding{s, 1}, []any{s}, map[string]any{"k": s},
		map[privacy.Sensitive]int{s: 1}, struct{ s any }{s}, func() any { return s },
	}
	for i, holder := range holders {
		at := fmt.Sprintf("%d (%T) ", i, holder)
		for _, verb := range strings.Split("v +v #v s q x X # x d b o c U e g t p T w 08v -20s .3s +q #q", " ") {
			out[at+verb] = fmt.Sprintf("%"+verb, holder)
		}
		out[at+"error"] = fmt.Errorf("order: %v: %w", holder, errors.New("x")).Error()
		out[at+"reflection"] = dump(reflect.ValueOf(holder), 0)
		encoded, err := json.Marshal(holder)
		out[at+"JSON"] = fmt.Sprint(string(encoded), err)
		encoded, err = xml.Marshal(holder)
		out[at+"XML"] = fmt.Sprint(string(encoded), err)
		var buf bytes.Buffer
		err = gob.NewEncoder(&buf).Encode(holder)
		out[at+"gob"] = fmt.Sprint(buf.String(), err)
		out[at+"slog"] = logged(holder)
		out[at+"template"] = templated(holder)
	}
	out["cmp"] = cmp.Diff(personOf(s), person{})
	_, err := driver.DefaultParameterConverter.ConvertValue(s)
	out["driver"] = fmt.Sprint(err)
	return out
}

func ptr[T any](v T) *T { return &v }

func logged(v any) string {
	var buf bytes.Buffer
	timeless := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{} // its nanoseconds could be anybody's digits
		}
		return a
	}}
	for _, h := range []slog.Handler{slog.NewTextHandler(&buf, timeless), slog.NewJSONHandler(&buf, timeless)} {
		l := slog.New(h)
		l.Info("m", "v", v, slog.Group("g", "v", v))
		l.With("v", v).Info(fmt.Sprint(v))
	}
	return buf.String()
}

func templated(v any) string {
	var buf bytes.Buffer
	_ = template.Must(template.New("").Parse(`{{.}} {{printf "%s %q" . .}} {{html .}} {{js .}}`)).Execute(&buf, v)
	_ = htmltemplate.Must(htmltemplate.New("").Parse(`<a title="{{.}}">{{.}}</a><script>x = {{.}}</script>`)).Execute(&buf, v)
	return buf.String()
}

// dump is a printer of the kind that test libraries have: it looks into everything and calls no method.
func dump(v reflect.Value, depth int) string {
	if depth > 12 {
		return "…"
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.Kind().String() + " " + dump(v.Elem(), depth+1)
	case reflect.String:
		raw, _ := base64.RawURLEncoding.DecodeString(v.String())
		return v.String() + string(raw)
	case reflect.Struct:
		var b strings.Builder
		for i := range v.NumField() {
			b.WriteString(v.Type().Field(i).Name + ":" + dump(v.Field(i), depth+1) + " ")
		}
		return b.String()
	case reflect.Slice, reflect.Array:
		var b strings.Builder
		for i := range v.Len() {
			b.WriteString(dump(v.Index(i), depth+1) + " ")
		}
		return b.String()
	case reflect.Map:
		var b strings.Builder
		for _, key := range v.MapKeys() {
			b.WriteString(dump(key, depth+1) + "=" + dump(v.MapIndex(key), depth+1) + " ")
		}
		return b.String()
	}
	return fmt.Sprint(v)
}

// TestNoGetter calls every method that a Sensitive and a Key have now or ever get, as far as it needs no argument.
func TestNoGetter(t *testing.T) {
	for _, secret := range secrets {
		s := privacy.Standard.Of(secret.kind, secret.text)
		v := reflect.ValueOf(&s)
		called := 0
		for i := range v.NumMethod() {
			if v.Method(i).Type().NumIn() > 0 {
				continue
			}
			called++
			for _, result := range v.Method(i).Call(nil) {
				shown := fmt.Sprintf("%+v %#v ", result, result) + dump(result, 0)
				if strings.Contains(shown, secret.hidden) {
					t.Errorf("%s gives %s", v.Type().Method(i).Name, shown)
				}
			}
		}
		if called < 8 {
			t.Errorf("only %d methods were called", called)
		}
	}
}

func TestMaskIsWhatIsPrinted(t *testing.T) {
	s := privacy.Name("홍길동")
	for format, want := range map[string]string{
		"%v": "홍*동", "%+v": "홍*동", "%s": "홍*동", "%q": `"홍*동"`, "%6s|": "   홍*동|", "%-6s|": "홍*동   |", "%.1s": "홍",
		"%#v": `privacy.Sensitive("홍*동")`, "%d": "%!d(string=홍*동)", "%x": "ed998d2aeb8f99",
	} {
		if got := fmt.Sprintf(format, s); got != want {
			t.Errorf("%s prints %q, want %q", format, got, want)
		}
	}
	encoded, err := json.Marshal(personOf(s))
	want := `{"name":"홍*동","pointer":"홍*동","list":["홍*동"],"byKind":{"k":"홍*동"},"any":"홍*동","attr":"홍*동"}`
	if err != nil || string(encoded) != want {
		t.Errorf("JSON is %s, %v; want %s", encoded, err, want)
	}
	encoded, err = json.Marshal(person{})
	if want = `{"name":"","pointer":null,"list":null,"byKind":null,"any":null}`; err != nil || string(encoded) != want {
		t.Errorf("JSON of nobody is %s, %v; want %s", encoded, err, want)
	}
	encoded, err = xml.Marshal(struct {
		XMLName xml.Name          `xml:"to"`
		Name    privacy.Sensitive `xml:"name"`
		Attr    privacy.Sensitive `xml:"attr,attr"`
	}{Name: s, Attr: s})
	if want := `<to attr="홍*동"><name>홍*동</name></to>`; err != nil || string(encoded) != want {
		t.Errorf("XML is %s, %v; want %s", encoded, err, want)
	}
}

// What would keep a mask in place of the text is refused.
func TestEncodingsRefused(t *testing.T) {
	s := privacy.Name("홍길동")
	if err := gob.NewEncoder(io.Discard).Encode(personOf(s)); !errors.Is(err, privacy.ErrEncoding) {
		t.Errorf("gob: %v", err)
	}
	if _, ok := any(&s).(driver.Valuer); ok {
		t.Error("a Sensitive is a driver.Valuer")
	}
	if _, err := driver.DefaultParameterConverter.ConvertValue(s); err == nil {
		t.Error("package database/sql takes a Sensitive")
	}
	to := privacy.Phone("010-1234-5678")
	for what, err := range map[string]error{
		"JSON":   json.Unmarshal([]byte(`"홍*동"`), &to),
		"number": json.Unmarshal([]byte(`1`), &to),
		"object": json.Unmarshal([]byte(`{}`), &to),
		"XML":    xml.Unmarshal([]byte(`<a>홍*동</a>`), &to),
		"text":   to.UnmarshalText([]byte("홍*동")),
		"binary": to.UnmarshalBinary(nil),
		"SQL":    to.Scan("홍*동"),
	} {
		if !errors.Is(err, privacy.ErrEncoding) {
			t.Errorf("%s: %v, want ErrEncoding", what, err)
		}
	}
	if to != privacy.Phone("010-1234-5678") {
		t.Errorf("a refused decoding left %v", to)
	}
	if err := json.Unmarshal([]byte(`{"name":"","attr":null}`), &person{}); err != nil {
		t.Errorf("empty values: %v", err)
	}
}

func TestErrorsShowNothing(t *testing.T) {
	o := newOffice(t)
	for _, secret := range secrets {
		s := privacy.Standard.Of(secret.kind, secret.text)
		covered := privacy.KindName
		if s.Kind() == covered {
			covered = privacy.KindMemo
		}
		_, refused := o.guard.Unmask(t.Context(), privacy.Permit{}, secret.text, s)
		_, outside := o.guard.Unmask(t.Context(), o.permit(t, request(covered)), secret.text, s)
		if !errors.Is(refused, privacy.ErrRefused) || !errors.Is(outside, privacy.ErrOutside) {
			t.Errorf("%v: %v; %v", secret.kind, refused, outside)
		}
		if shown := fmt.Sprintf("%+v %#v %+v %#v", refused, refused, outside, outside); strings.Contains(shown, secret.hidden) {
			t.Errorf("%v: %s", secret.kind, shown)
		}
	}
}

func TestKeyShowsNothing(t *testing.T) {
	key := newKey(t)
	shown := fmt.Sprintf("%v %+v %#v %s", key, key, key, dump(reflect.ValueOf(key), 0))
	if strings.Contains(shown, secretText) {
		t.Errorf("the key prints as %s", shown)
	}
}
