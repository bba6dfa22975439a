package show

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// Screen prints for people. Columns line up with Korean text in them; colours appear on a terminal alone.
type Screen struct {
	out      io.Writer
	progress io.Writer // nil when nobody watches
	colours  bool
}

// NewScreen prints to stdout. Colours need a terminal there, and neither NO_COLOR nor TERM=dumb in the environment; progress goes to
// stderr, if that is a terminal.
func NewScreen(stdout, stderr io.Writer, getenv func(string) string) *Screen {
	s := &Screen{out: stdout, colours: terminal(stdout) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
	if terminal(stderr) {
		s.progress = stderr
	}
	return s
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Progress shows how far the work is, in place.
func (s *Screen) Progress(done, total int) {
	if s.progress != nil {
		fmt.Fprintf(s.progress, "\r조회 중 tracking … %d/%d \x1b[K", done, total)
	}
}

// Clear removes the progress line.
func (s *Screen) Clear() {
	if s.progress != nil {
		fmt.Fprint(s.progress, "\r\x1b[K")
	}
}

// Line prints one line without the blanks that empty columns leave at its end.
func (s *Screen) Line(text string) { fmt.Fprintln(s.out, strings.TrimRight(text, " ")) }

func (s *Screen) tint(colour, text string) string {
	if !s.colours || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// cells counts the columns of a terminal. Characters of ambiguous width count as one, whatever the locale: so they are
// drawn today, and so the same parcel prints alike everywhere.
var cells = runewidth.Condition{StrictEmojiNeutral: true}

// Column fills text to that many cells. Longer text is kept whole, two blanks before what follows.
func Column(text string, width int) string {
	const gap = 2
	return text + strings.Repeat(" ", max(width-cells.StringWidth(text), gap))
}

// Count writes a number with its noun: 1 call, 2 calls.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
