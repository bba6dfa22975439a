package show

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

func env(name, value string) func(string) string {
	return func(asked string) string {
		if asked == name {
			return value
		}
		return ""
	}
}

func TestNoTerminalNoEscapes(t *testing.T) {
	var stdout, stderr bytes.Buffer
	s := NewScreen(&stdout, &stderr, env("TERM", "xterm-256color"))
	s.Progress(1, 2)
	s.Clear()
	s.Line(s.tint("32", "배송완료"))
	if stdout.String() != "배송완료\n" || stderr.Len() > 0 {
		t.Errorf("%q and %q", &stdout, &stderr)
	}
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if s := NewScreen(file, file, env("", "")); s.colours || s.progress != nil {
		t.Error("a file is taken for a terminal")
	}
}

// TestTerminal opens a pseudo-terminal, where the system has them.
func TestTerminal(t *testing.T) {
	console, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil || !term.IsTerminal(int(console.Fd())) {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	defer console.Close()
	for _, c := range []struct {
		name, value string
		colours     bool
	}{
		{"TERM", "xterm", true}, {"TERM", "", true}, {"TERM", "dumb", false}, {"NO_COLOR", "1", false}, {"NO_COLOR", "", true},
	} {
		if s := NewScreen(console, console, env(c.name, c.value)); s.colours != c.colours || s.progress == nil {
			t.Errorf("%s=%q: colours %v, want %v; progress %v", c.name, c.value, s.colours, c.colours, s.progress != nil)
		}
	}
	if s := NewScreen(new(bytes.Buffer), console, env("", "")); s.colours || s.progress == nil {
		t.Error("output goes into a pipe, standard error to a terminal: no colours, but progress")
	}
}

func TestProgress(t *testing.T) {
	var stderr bytes.Buffer
	s := &Screen{progress: &stderr}
	s.Progress(3, 10)
	s.Clear()
	if got := stderr.String(); !strings.Contains(got, "3/10") || !strings.HasSuffix(got, "\r\x1b[K") || strings.Contains(got, "\n") {
		t.Errorf("%q does not show and remove the progress in place", got)
	}
}

func TestColumn(t *testing.T) {
	for text, want := range map[string]string{
		"":           "          ",
		"abc":        "abc       ",
		"한진택배":       "한진택배  ",
		"CJ대한통운":     "CJ대한통운  ", // as wide as the column: a gap all the same
		"배송 준비중입니다":  "배송 준비중입니다  ",
		"○ →…":       "○ →…      ",
		"한국어 텍스트 전부": "한국어 텍스트 전부  ",
		"e\u0301 배송": "e\u0301 배송    ",
	} {
		if got := Column(text, 10); got != want {
			t.Errorf("Column(%q) = %q, %d cells, want %q", text, got, runewidth.StringWidth(got), want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 calls", 1: "1 call", 2: "2 calls"} {
		if got := Count(n, "call"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}
