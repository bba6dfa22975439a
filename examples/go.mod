module github.com/waybill-dev/waybill/examples

go 1.26.0

require (
	github.com/mattn/go-runewidth v0.0.31
	github.com/waybill-dev/waybill v0.0.0
	golang.org/x/term v0.47.0
)

require (
	github.com/clipperhouse/uax29/v2 v2.2.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/waybill-dev/waybill => ../
