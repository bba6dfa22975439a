package main

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// peakMiB is the most memory that the process had at a time: resident, where the system tells, else what Go took of it.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range bytes.Lines(status) {
			if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "VmHWM:" {
				if kib, err := strconv.ParseFloat(string(fields[1]), 64); err == nil {
					return kib / 1024
				}
			}
		}
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.Sys) / (1 << 20)
}
