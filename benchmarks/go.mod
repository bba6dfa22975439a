module github.com/waybill-dev/waybill/benchmarks

go 1.26.0

require (
	github.com/looplab/fsm v1.0.3
	github.com/qmuntal/stateless v1.7.2
	github.com/waybill-dev/waybill v0.0.0
)

require (
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/waybill-dev/waybill => ../
