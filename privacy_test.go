package waybill_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// What the repository must not hold: the phone number or the name of a person who exists, a key that opens something, the
// path of somebody's machine. Everything below is invented, and looks so.

// phone finds Korean phone numbers: mobile (01x), landline (02, 0xx), internet (070) and safe numbers (050x), domestic or +82.
// Service lines (1588-0000) are none.
var phone = regexp.MustCompile(`(?:\+82[-. ]?|\(?\b0)(?:10|1[16789]|2|[3-6][1-5]|70|50\d|30\d)\)?[-. ]?\d{3,4}[-. ]?\d{4}\b`)

// invented finds the numbers that nobody has: with a block of zeros where the exchange would be.
var invented = regexp.MustCompile(`^\(?(?:\+82|0)[-. ]?(?:10|2|31|50\d|70)?\)?[-. ]?0{3,4}[-. ]?\d{4}$`)

// textbook finds the numbers of textbooks, digits in a row or all the same, which examples of masking need: there the
// middle block has to be told from stars and zeros.
var textbook = regexp.MustCompile(`1588|1234|123[-. ]?4567|5678|0505|9876|8642|(?:1111|111[-. ]|2222|7777|8888|9999)`)

// serviceLines are head offices of couriers, which are landlines, as servers publish them.
var serviceLines = []string{"+82533543001", "+82327469984", "+82316375400", "+82314620100"}

// labelled finds a name behind one of the labels that couriers use.
var labelled = regexp.MustCompile(`(?:(?:배송담당|담당사원|배송사원|집배원|배달원)\s*[:：]?\s*|(?:기사|담당자)\s*[:：]\s*)([가-힣]{2,4})`)

// people are those who do not exist: the names of textbooks and of the sandbox.
var people = []string{"홍길동", "홍길순", "김철", "이영희", "남궁민수", "제갈공명", "김모래", "박모래", "이모래"}

// words follow a label in a text and are no names.
var words = []string{"방문예정", "사원", "기사", "연락처", "자에게", "집배원"}

// secret finds what looks like a key that opens something.
var secret = regexp.MustCompile(`(?:pk|sk)_(?:live|test)_\w{12,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_\w{30,}|\bAIza[\w-]{30,}|whsec_[\w+/=]{16,}`)

// placeholder finds what says of itself that it opens nothing.
var placeholder = regexp.MustCompile(`(?i)canary|puppet|example|test|demo|0{12}|0123456789`)

// machine finds absolute paths of somebody's machine.
var machine = regexp.MustCompile(`(?:^|[\s"'(=:])(?:/(?:home|root|Users|work)/\w|[A-Z]:\\\\?Users)`)

// TestRepositoryNamesNobody reads every text of the repository.
func TestRepositoryNamesNobody(t *testing.T) {
	read := 0
	harmless := append(words, people...)
	for path, text := range texts(t) {
		read++
		strict := !strings.HasSuffix(path, ".go") && !strings.HasPrefix(path, "order/privacy/")
		for _, found := range phone.FindAllString(text, -1) {
			if !invented.MatchString(found) && !slices.Contains(serviceLines, found) && (strict || !textbook.MatchString(found)) {
				t.Errorf("%s: %s could be somebody's phone", path, found)
			}
		}
		for _, found := range find(labelled, text, "담당", "사원", "배원", "배달원", "기사") {
			if !slices.ContainsFunc(harmless, func(name string) bool { return strings.HasPrefix(found[1], name) }) {
				t.Errorf("%s: %s could be somebody", path, found[0])
			}
		}
		for _, found := range find(secret, text, "_live_", "_test_", "AKIA", "PRIVATE KEY", "gh", "AIza", "whsec_") {
			if !placeholder.MatchString(found[0]) {
				t.Errorf("%s: %s looks like a key", path, found[0])
			}
		}
		for _, found := range find(machine, text, "/home/", "/root/", "/Users/", "/work/", `:\`) {
			t.Errorf("%s: %q is a place on somebody's machine", path, found[0])
		}
	}
	if read < 200 {
		t.Errorf("only %d files were read", read)
	}
}

// find applies an expression to texts that have one of its literals in them, which is looked for much faster.
func find(expression *regexp.Regexp, text string, literals ...string) [][]string {
	if !slices.ContainsFunc(literals, func(literal string) bool { return strings.Contains(text, literal) }) {
		return nil
	}
	return expression.FindAllStringSubmatch(text, -1)
}

// The members of providers' JSON that hold persons, and those whose value is an object about one.
var (
	personMembers = []string{"manName", "senderName", "receiverName", "recipient", "recv_name", "send_name", "man"}
	personObjects = []string{"sender", "recipient", "contact", "driver"}
)

// TestRecordingsNameNobody reads the persons in recorded answers, which no label announces.
func TestRecordingsNameNobody(t *testing.T) {
	for path, text := range texts(t) {
		if !strings.HasSuffix(path, ".json") || !strings.Contains(path, "testdata/") {
			continue
		}
		var recorded any
		if json.Unmarshal([]byte(text), &recorded) != nil {
			continue
		}
		checkPersons(t, path, recorded)
	}
}

func checkPersons(t *testing.T, path string, value any) {
	t.Helper()
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			checkPersons(t, path, element)
		}
	case string: // an answer, kept as text
		var inner any
		if strings.HasPrefix(value, "{") && json.Unmarshal([]byte(value), &inner) == nil {
			checkPersons(t, path, inner)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			name, isText := value[key].(string)
			object, isObject := value[key].(map[string]any)
			switch {
			case isText && slices.Contains(personMembers, key):
				checkName(t, path, key, name)
			case isObject && slices.Contains(personObjects, key):
				name, _ := object["name"].(string)
				checkName(t, path, key, name)
			}
			checkPersons(t, path, value[key])
		}
	}
}

// checkName lets pass nobody, names that are masked, and those who do not exist.
func checkName(t *testing.T, path, key, name string) {
	t.Helper()
	if name == "" || strings.Contains(name, "*") || slices.Contains(people, name) {
		return
	}
	t.Errorf("%s: %s is %q, who could be somebody", path, key, name)
}

// texts reads the files of the repository that are text, by path.
func texts(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == ".git" || path == filepath.Join(".ci", "cache") || path == "bin" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case !entry.Type().IsRegular() || path == ".git" || path == "privacy_test.go": // a linked work tree has a file .git
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && utf8.Valid(text) {
			all[filepath.ToSlash(path)] = string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
