package report

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/verdict"
)

// outline lists the paths of a JSON document. A * stands for a key that is data, such as a metric or a sysctl.
func outline(v any, path string, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			next := path + "." + k
			for _, named := range []string{".cell", ".of", ".against", ".metrics", ".limits", ".sysctls"} {
				if strings.HasSuffix(path, named) {
					next = path + ".*"
				}
			}
			outline(inner, next, into)
		}
	case []any:
		for _, inner := range v {
			outline(inner, path+"[]", into)
		}
	}
	into[path] = true
}

// Other programs read the keys of the document, so no key may change, and none may be missing anywhere.
func TestJSONKeepsItsKeys(t *testing.T) {
	in := quick(t)
	bound, err := verdict.ParseBound("unserved==0")
	require.NoError(t, err)
	gate, err := in.Analysis.Gate([]verdict.Bound{bound})
	require.NoError(t, err)
	in.Gate = &gate
	var b bytes.Buffer
	require.NoError(t, Write("json", &b, in))
	var doc map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &doc))
	paths := map[string]bool{}
	outline(doc, "", paths)
	golden(t, "quick.json-keys", []byte(strings.Join(slices.Sorted(maps.Keys(paths)), "\n")+"\n"))
	for _, name := range []string{"cells", "comparisons", "predictions", "invalid"} {
		list := doc[name].([]any)
		require.NotEmpty(t, list, name)
		for _, one := range list {
			require.Len(t, one, len(list[0].(map[string]any)), "%s: a key is missing", name)
		}
	}
}

// The schema has every key of the documents, and says which of them are required.
func TestTheSchemaIsThatOfTheDocuments(t *testing.T) {
	var report, compare bytes.Buffer
	require.NoError(t, Write("json", &report, quick(t)))
	require.NoError(t, WriteComparison("json", &compare, pair(t)))
	for document, text := range map[string][]byte{"report": report.Bytes(), "compare": compare.Bytes()} {
		var doc, schema any
		require.NoError(t, json.Unmarshal(text, &doc))
		s, err := Schema(document)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(s, &schema))
		fits(t, doc, schema.(map[string]any), document)
	}
	_, err := Schema("page")
	require.Error(t, err)
}

// fits checks a document against a schema, as far as the schemas here use JSON Schema.
func fits(t *testing.T, v any, schema map[string]any, path string) {
	kinds, several := schema["type"].([]any)
	if !several {
		kinds = []any{schema["type"]}
	}
	switch v := v.(type) {
	case map[string]any:
		require.Contains(t, kinds, "object", path)
		properties, named := schema["properties"].(map[string]any)
		if required, ok := schema["required"].([]any); ok {
			for _, key := range required {
				require.Contains(t, v, key, path)
			}
		}
		for key, inner := range v {
			if named {
				require.Contains(t, properties, key, path)
				fits(t, inner, properties[key].(map[string]any), path+"."+key)
			} else if each, ok := schema["additionalProperties"].(map[string]any); ok {
				fits(t, inner, each, path+".*")
			}
		}
	case []any:
		require.Contains(t, kinds, "array", path)
		for _, inner := range v {
			fits(t, inner, schema["items"].(map[string]any), path+"[]")
		}
	case nil:
		require.Contains(t, kinds, "null", path)
	case string:
		require.Contains(t, kinds, "string", path)
	case bool:
		require.Contains(t, kinds, "boolean", path)
	default:
		require.True(t, slices.Contains(kinds, any("number")) || slices.Contains(kinds, any("integer")), path)
	}
}

// The document has the sentences of the text.
func TestJSONSaysWhatTheTextSays(t *testing.T) {
	in := quick(t)
	var b bytes.Buffer
	require.NoError(t, Write("json", &b, in))
	var doc reportJSON
	require.NoError(t, json.Unmarshal(b.Bytes(), &doc))
	p := newPage(in)
	require.Equal(t, p.Tally, doc.Tally)
	require.Equal(t, p.NotMeasured, doc.NotMeasured)
	require.Equal(t, p.Lead, doc.Lead)
	require.Len(t, doc.Predictions, len(p.Predictions))
	for i, v := range p.Predictions {
		require.Equal(t, v.Sentence, doc.Predictions[i].Sentence)
		require.Equal(t, string(v.Word), doc.Predictions[i].Word)
	}
	require.Len(t, doc.Cells, len(in.Analysis.Cells))
	require.Equal(t, "not asked", doc.Gate.Outcome)
	// A figure that must not be shown is null.
	require.Nil(t, newValueJSON("latency.p999", verdict.Summary{Center: 3, TooFew: true}).Value)
	require.Nil(t, newValueJSON("latency.p99", verdict.Summary{Center: 3, N: 8, AtLeast: true, High: math.Inf(1), Most: math.Inf(1)}).High)
}

// The page, the text and the JSON of a comparison have the same sentences.
func TestAComparisonSaysTheSameInEveryFormat(t *testing.T) {
	p := pair(t)
	p.All = true
	after := p.After.Run
	after.Trials = slices.Clone(after.Trials)
	for i, trial := range after.Trials { // one design takes ten times as long, and loses a reply a trial
		if trial.Cell.Server() == "epoll" {
			trial.Metrics = maps.Clone(trial.Metrics)
			trial.Metrics["latency.p50"] *= 10
			trial.Metrics["lost"] = 1
			after.Trials[i] = trial
		}
	}
	x, err := verdict.Compare(p.Before.Run, after, []string{"lost", "latency.p50", "latency.p99", "reads_per_request"})
	require.NoError(t, err)
	p.Across = x
	gate, err := x.Gate([]verdict.Bound{{Text: "lost>0%", Metric: "lost", Relative: true, Above: true}})
	require.NoError(t, err)
	p.Gate = &gate
	written := map[string]string{}
	for _, format := range ComparisonFormats {
		var b bytes.Buffer
		require.NoError(t, WriteComparison(format, &b, p))
		written[format] = strings.NewReplacer("&#39;", "'", "&#43;", "+", "&gt;", ">", "&lt;", "<", `\u003c`, "<", `\u003e`, ">").Replace(b.String())
	}
	lines := newComparedLines(p)
	require.NotEmpty(t, lines.Equal)
	require.NotEmpty(t, lines.Moved)
	require.NotEmpty(t, lines.Undecided)
	require.NotEmpty(t, lines.Gate)
	for _, l := range slices.Concat(lines.Moved, lines.Undecided) {
		for format, text := range written {
			require.Contains(t, text, l.Sentence, format)
		}
	}
	for format, text := range written {
		require.Contains(t, text, lines.Tally, format)
		for _, f := range p.Gate.Findings {
			require.Contains(t, text, f.Sentence, format)
		}
		for _, no := range []string{"NaN", "+Inf", "0.00x"} {
			require.NotContains(t, text, no, format)
		}
	}
	require.Error(t, WriteComparison("pdf", &bytes.Buffer{}, p))
}
