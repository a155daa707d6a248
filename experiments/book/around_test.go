package book

import (
	"html/template"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/book/chinese"
	"socketbench/experiments/catalog"
	"socketbench/experiments/metric"
	"socketbench/experiments/report/sidebyside"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// What stands around the code of every design and of every pair is there in Chinese: the headings of the regions, the notes,
// and what a run measured, under every condition of the catalogue and for every field that a report names.
func TestWhatStandsAroundCodeIsInChinese(t *testing.T) {
	missing := map[string]bool{}
	translate := func(english string) template.HTML {
		if _, ok := chinese.Of(english); !ok {
			missing[english] = true
		}
		return ""
	}
	words := sidebyside.Words{Heading: func(region string) template.HTML { return translate("region " + region) }, Phrase: translate}
	b := sample()
	b.Facts = sidebyside.Facts{}
	for _, e := range b.Entries {
		b.Facts[e.Name] = map[string]string{"goroutines_per_connection": "2.00 goroutines for 1,000 connections (alone)"}
		for _, m := range metric.All {
			b.Facts[e.Name][m.Name] = unit.Format(m.Unit, 1234.5) + " " + m.Phrase + " (beside 8 silent clients and 1 slow reader)"
		}
	}
	s, err := b.gather(t.Context())
	require.NoError(t, err)
	facts := 0
	for _, d := range s.designs {
		d.View.Code(words)
		for _, f := range d.View.A.Facts {
			translate(f)
			facts++
		}
	}
	require.NotZero(t, facts)
	for _, p := range s.pairs {
		p.View.Code(words)
	}
	for _, name := range catalog.Names() {
		e, err := catalog.Get(name, servers.Registry(b.Entries))
		require.NoError(t, err)
		e.Conditions(func(condition map[string]any, _ spec.Experiment) bool {
			translate(verdict.Condition(result.Cell(condition)))
			return true
		})
	}
	for _, d := range spec.Reference() {
		value := "2"
		switch {
		case strings.HasPrefix(d.Allowed, "one of "):
			value, _, _ = strings.Cut(strings.TrimPrefix(d.Allowed, "one of "), ",")
		case strings.HasPrefix(d.Allowed, "a time "):
			value = "5ms"
		}
		if phrase := spec.Phrase(d.Path, value); d.Vary && !strings.HasPrefix(phrase, d.Path) {
			translate(phrase)
		}
	}
	require.Empty(t, missing)

	files, err := s.files()
	require.NoError(t, err)
	page := string(files["designs/goroutine.html"])
	require.Contains(t, page, `<h4><span lang="en">dispatch</span><span lang="zh-Hans">分派（dispatch）</span> <small><span lang="en">who will serve it</span>`)
	require.Contains(t, page, `<li><span lang="en">1.23 µs CPU per request (beside 8 silent clients and 1 slow reader)</span>`+
		`<span lang="zh-Hans">每个请求的 CPU 时间 1.23 µs（旁边有 8 个沉默的客户端和 1 个不读回复的客户端）</span></li>`)
}
