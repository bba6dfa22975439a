package order

import "testing"

// TestPlatformRows: the table takes nothing that is unsure or misspelt.
func TestPlatformRows(t *testing.T) {
	for _, row := range []string{
		"x2bee\t11\tORDERED\tunsure\t", "x2bee\t11\tORDERED\t\t", "x2bee\t11\tNEW\tdocumented\t", "x2bee\t11\t\tdocumented\t",
		"x2bee\t\tORDERED\tdocumented\t", "shop\t11\tORDERED\tdocumented\t", "x2bee\t11\tORDERED\tdocumented",
	} {
		if codes, err := readPlatforms(row); err == nil {
			t.Errorf("%q gives %v", row, codes)
		}
	}
	codes, err := readPlatforms("# note\n\nx2bee\t1\tORDERED\tdocumented\t\r\nx2bee\t1\tRELEASED\tdocumented\t\n")
	if err != nil || len(codes[PlatformX2BEE]) != 1 || len(codes[PlatformX2BEE][0].Statuses) != 2 {
		t.Errorf("%v, %v", codes, err)
	}
}
