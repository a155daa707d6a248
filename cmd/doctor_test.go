package cmd

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
)

// Another program reads the findings under the names that all of the project's JSON has, and a person reads
// the same ones.
func TestDoctorAsJSON(t *testing.T) {
	_, stdout, stderr := command("doctor", "--brief", "--json")
	var findings []map[string]string
	require.NoError(t, json.Unmarshal([]byte(stdout), &findings), stderr)
	require.NotEmpty(t, findings)
	for _, f := range findings {
		for key := range f {
			require.Contains(t, []string{"subject", "grade", "found", "remedy"}, key)
		}
		require.NotEmpty(t, f["subject"])
		require.Contains(t, []string{"fine", "warning", "stop"}, f["grade"])
		_, remedy := f["remedy"]
		require.Equal(t, f["grade"] != "fine", remedy, "%v: what is not fine has a remedy", f)
	}
}

func TestDoctorAsText(t *testing.T) {
	var out strings.Builder
	a := &app{stdout: &out}
	require.NoError(t, a.diagnosis([]host.Finding{
		{Subject: "CPUs", Grade: host.Fine, Found: "4"},
		{Subject: "open files", Grade: host.Warning, Found: "1024", Remedy: "ulimit -n 20000"},
	}))
	require.Equal(t, "fine     CPUs        4\nwarning  open files  1024: ulimit -n 20000\n", out.String())
}
