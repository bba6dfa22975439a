package sandbox

import (
	"fmt"
	"strconv"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// waybillNumber writes the n-th number of a crowd in a courier's grammar, with its check digit. The series begins with 66,
// where that of the magic numbers begins with 55 and Korea Post's with 6.
func waybillNumber(c tracking.Courier, n int) string {
	switch c {
	case courier.CJ:
		return fmt.Sprintf("66%09d%d", n, n%7) // the first two digits take no part
	case courier.Lotte, courier.Hanjin:
		return mod7(66_000_000_000 + n)
	case courier.Logen:
		return fmt.Sprintf("66%09d", n)
	case courier.Post:
		return fmt.Sprintf("7%012d", n)
	default: // GS Postbox
		return fmt.Sprintf("66%08d", n)
	}
}

// waybillIndex undoes waybillNumber; false for a number that is not of the series.
func waybillIndex(c tracking.Courier, number string) (n int, ok bool) {
	begin, end := 2, len(number)
	switch c {
	case courier.CJ, courier.Lotte, courier.Hanjin:
		end--
	case courier.Post:
		begin = 1
	case courier.Logen, courier.GSPostbox:
	default:
		return 0, false
	}
	if end <= begin {
		return 0, false
	}
	n, err := strconv.Atoi(number[begin:end])
	return n, err == nil && n >= 0 && waybillNumber(c, n) == number
}
