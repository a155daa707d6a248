package catalog

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// Every built-in experiment asks something, predicts something that could fail, and says what a
// refutation would mean.
func TestEveryExperimentIsOne(t *testing.T) {
	require.NotEmpty(t, Names())
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			e, err := Get(name, slices.Concat(servers.All(), foreign.Entries()))
			require.NoError(t, err)
			require.Equal(t, name, e.Name)
			require.NotEmpty(t, e.Teaches)
			require.GreaterOrEqual(t, len(e.Predict), 2)
			for _, p := range e.Predict {
				require.NotEmpty(t, p.Refuted, p.Claim)
			}
			again, err := spec.Parse("again.yaml", e.YAML(), nil)
			require.NoError(t, err, string(e.YAML()))
			require.Equal(t, e, again, "what a manifest keeps is the same experiment")
		})
	}
}

func TestUnknownNameSaysWhatThereIs(t *testing.T) {
	_, err := Get("quik", nil)
	require.EqualError(t, err, `catalog: no experiment "quik"; did you mean "quick"? (socketbench list experiments)`)
}
