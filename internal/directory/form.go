package directory

// A Form is one form that a courier's waybill numbers take. A number is one of the courier's if it fits one of them.
type Form struct {
	Min, Max int    // length, in characters
	Shape    string // the whole number, see below; empty: digits only
	Check    Check
	Warn     bool // whether a number that misses this form is worth a warning
	// Confidence is documented, observed, reported or unsure.
	Confidence string
}

// In a Shape these stand for a digit, a letter, and a letter or digit; every other character stands for itself.
const (
	anyDigit  = '#'
	anyLetter = '@'
	anyOf     = '?'
)

// Check names the rule of the check digit.
type Check string

// The rules. Which of them a courier uses is in grammar.csv; how they are computed is told by package courier.
const (
	NoCheck Check = ""
	CJ12    Check = "cj12" // the twelfth digit is the third to eleventh, read as a number, modulo 7
	Mod7    Check = "mod7" // the last digit is all before it, read as a number, modulo 7
	S10     Check = "s10"  // UPU S10: weights 8 6 4 2 3 5 9 7
)

// fits reports whether the rule can be computed on every number of this form.
func (c Check) fits(f Form) bool {
	switch c {
	case NoCheck:
		return true
	case CJ12:
		return f.Shape == "" && f.Min == 12 && f.Max == 12
	case Mod7:
		return f.Shape == "" && f.Min > 1 && f.Max <= 18
	case S10:
		return f.Shape == "@@#########@@"
	}
	return false
}

// Digits reports whether the form has digits only.
func (f *Form) Digits() bool { return f.Shape == "" }

// Distinct reports whether the form has a character of its own, as UPS has 1Z in front.
func (f *Form) Distinct() bool {
	for i := range len(f.Shape) {
		if c := f.Shape[i]; c != anyDigit && c != anyLetter && c != anyOf {
			return true
		}
	}
	return false
}

// Length reports whether n characters are a length of this form.
func (f *Form) Length(n int) bool { return f.Min <= n && n <= f.Max }

// Matches reports whether a normalised number has the length and the characters of this form. It does not look at the
// check digit.
func (f *Form) Matches(number string) bool {
	if !f.Length(len(number)) {
		return false
	}
	for i := range len(number) {
		want := byte(anyDigit)
		if f.Shape != "" {
			want = f.Shape[i]
		}
		if !stands(want, number[i]) {
			return false
		}
	}
	return true
}

func stands(want, c byte) bool {
	digit, letter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z'
	switch want {
	case anyDigit:
		return digit
	case anyLetter:
		return letter
	case anyOf:
		return digit || letter
	}
	return c == want
}
