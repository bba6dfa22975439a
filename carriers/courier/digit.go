package courier

import (
	"strconv"

	"github.com/waybill-dev/waybill/internal/directory"
)

// checkDigit reports whether a number passes a rule. The number has the form that goes with the rule: the directory
// sees to that.
func checkDigit(rule directory.Check, number string) bool {
	switch rule {
	case directory.CJ12:
		return remainder7(number[2:11], number[11]) // the first two digits take no part
	case directory.Mod7:
		last := len(number) - 1
		return remainder7(number[:last], number[last])
	case directory.S10:
		return s10(number)
	}
	return true
}

// remainder7 reports whether digits, read as one number, leave the remainder want modulo 7.
func remainder7(digits string, want byte) bool {
	n, err := strconv.ParseUint(digits, 10, 64)
	return err == nil && n%7 == uint64(want-'0')
}

// s10 checks AA999999999AA by the rule of the Universal Postal Union's standard S10.
func s10(number string) bool {
	sum := 0
	for i, weight := range [...]int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += weight * int(number[2+i]-'0')
	}
	check := 11 - sum%11
	switch check {
	case 10:
		check = 0
	case 11:
		check = 5
	}
	return check == int(number[10]-'0')
}
