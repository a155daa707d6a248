package spec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What Parse reads, the schema describes, and nothing else.
func TestSchemaKnowsEveryField(t *testing.T) {
	text, err := Schema(registry())
	require.NoError(t, err)
	var root struct {
		Properties map[string]struct {
			Properties map[string]json.RawMessage
		}
		AdditionalProperties *bool
	}
	require.NoError(t, json.Unmarshal(text, &root))
	require.NotNil(t, root.AdditionalProperties)
	require.False(t, *root.AdditionalProperties)
	for _, name := range below("") {
		require.Contains(t, root.Properties, name)
	}
	require.Len(t, root.Properties, len(below("")))
	for _, block := range []string{"load", "config"} {
		for _, name := range below(block) {
			require.Contains(t, root.Properties[block].Properties, name)
		}
	}
	for _, path := range varied() {
		require.Contains(t, root.Properties["vary"].Properties, path)
	}
	require.True(t, strings.Contains(string(text), `"epoll"`), "servers are completed")
}
