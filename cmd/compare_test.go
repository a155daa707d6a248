package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorded is a run that was kept for tests.
const recorded = "../experiments/report/testdata/quick"

func TestCompareARunWithItself(t *testing.T) {
	var out, errs bytes.Buffer
	code := Main([]string{"compare", recorded, recorded, "--fail-on", "latency.p99>5%", "--fail-on", "achieved_rate<-5%"}, nil, &out, &errs)
	require.Equal(t, 0, code, errs.String())
	require.Contains(t, out.String(), "0 better, 0 worse")

	out.Reset()
	require.Equal(t, 0, Main([]string{"compare", recorded, recorded, "--json"}, nil, &out, &errs))
	var told struct {
		Changes []struct{ Word, Metric string }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &told))
	require.NotEmpty(t, told.Changes)
	require.NotContains(t, out.String(), "null", "an empty list is one")
}

// The name of the file says that a page is meant; what is no format is refused before anything is written.
func TestCompareAsAPage(t *testing.T) {
	var out, errs bytes.Buffer
	file := filepath.Join(t.TempDir(), "compare.html")
	require.Equal(t, 0, Main([]string{"compare", recorded, recorded, "-o", file}, nil, &out, &errs), errs.String())
	require.Empty(t, out.String())
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(page), "0 better, 0 worse")
	require.Equal(t, 2, Main([]string{"compare", recorded, recorded, "--format", "pdf"}, nil, &out, &errs))
	require.Contains(t, errs.String(), "there are text, html and json")
}

// A run agrees with itself.
func TestAgreementOfDirectories(t *testing.T) {
	var out, errs bytes.Buffer
	Main([]string{"calibrate", "agreement", recorded, recorded}, nil, &out, &errs)
	require.Contains(t, out.String(), "which is 100.0 %; opposite in 0", errs.String())
}

func TestCompareRefusesABadBound(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, 2, Main([]string{"compare", recorded, recorded, "--fail-on", "latency.p98>5%"}, nil, &out, &errs))
	require.Contains(t, errs.String(), `did you mean "latency.p90"?`)
	require.Equal(t, 1, strings.Count(errs.String(), "\n"), "one line")
	require.Equal(t, 2, Main([]string{"compare", "testdata", recorded}, nil, &out, &errs))
}

func TestSchemaIsJSON(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, 0, Main([]string{"schema"}, nil, &out, &errs))
	require.True(t, json.Valid(out.Bytes()))
}

func TestCalibrateSaysWhatIsPossible(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, 2, Main([]string{"calibrate", "--pairs", "0"}, nil, &out, &errs))
	require.Contains(t, errs.String(), "choose 1 to 100 pairs")
	require.Equal(t, 2, Main([]string{"calibrate", "agreement", "latency", "--runs", "1"}, nil, &out, &errs))
	require.Contains(t, errs.String(), "choose 2 to 100")
	require.Equal(t, 2, Main([]string{"calibrate", "precision", "pool"}, nil, &out, &errs))
	require.Contains(t, errs.String(), "name another beside pool")
}
