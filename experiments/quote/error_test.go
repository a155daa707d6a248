package quote

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorsForAPerson(t *testing.T) {
	for text, want := range map[string]string{
		"spec: no field \"x\"":                             `no field "x"`,
		"run: spec: duration wants a time":                 "run: duration wants a time",
		"experiments: trial 3: host: pipe: broken":         "trial 3: pipe: broken",
		"plan: one\nhost: two":                             "one\ntwo",
		"load: pipeline 99 is not possible":                "load: pipeline 99 is not possible",
		`servers: no server "pol"`:                         `servers: no server "pol"`,
		"x.yaml:3:1: commands: mine: no {port}":            "x.yaml:3:1: commands: mine: no {port}",
		"lookup localhost: no such host: the plan: it was": "lookup localhost: no such host: the plan: it was",
	} {
		require.Equal(t, want, Error(errors.New(text)))
	}
}
