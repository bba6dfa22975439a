package goldentest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A judge takes down what a test is told.
type judge struct {
	testing.TB
	told string
}

func (j *judge) Helper() {}

func (j *judge) Errorf(format string, args ...any) { j.told = fmt.Sprintf(format, args...) }

func (j *judge) Fatalf(format string, args ...any) {
	j.Errorf(format, args...)
	runtime.Goexit()
}

func told(path, got string) string {
	var j judge
	done := make(chan struct{})
	go func() {
		defer close(done)
		Compare(&j, path, got)
	}()
	<-done
	return j.told
}

func TestCompare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "words.txt")
	t.Setenv(updateVariable, "")
	if text := told(path, "one\ntwo\n"); !strings.Contains(text, updateVariable+"=1 writes it") {
		t.Errorf("without a file: %q", text)
	}
	t.Setenv(updateVariable, "1")
	if text := told(path, "one\ntwo\n"); text != "" {
		t.Errorf("it cannot be written: %s", text)
	}
	t.Setenv(updateVariable, "")
	for got, want := range map[string]string{
		"one\ntwo\n":        "",
		"one\nthree\n":      "first in line 2\n- two\n+ three",
		"one\ntwo\nthree\n": "first in line 3\n- \n+ three",
		"one\ntwo":          "it has 3 lines, made were 2",
	} {
		if text := told(path, got); !strings.Contains(text, want) || (text == "") != (want == "") {
			t.Errorf("%q: told %q, want %q", got, text, want)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "one\ntwo\n" {
		t.Errorf("a comparison changed the file: %q, %v", data, err)
	}
}
