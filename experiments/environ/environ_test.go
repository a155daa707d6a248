package environ

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatTunesIsRemovedAndWhatFindsIsPassedOn(t *testing.T) {
	env, found := Clean([]string{"PATH=/bin", "GOGC=off", "PYTHONPATH=/lib/mine", "PYTHONDEVMODE=1", "LD_PRELOAD=x.so",
		"GLIBC_TUNABLES=a=b", "MALLOC_ARENA_MAX=1", "NODE_OPTIONS=--jitless", "LANG=de_DE", "LC_CTYPE=C", "TMPDIR=/t", "GOGCX=kept", "GODEBUG="})
	require.Equal(t, []string{"PATH=/bin", "PYTHONPATH=/lib/mine", "TMPDIR=/t", "GOGCX=kept", Locale}, env)
	fates := map[string]string{}
	for _, s := range found {
		fates[s.Name] = s.Fate
	}
	require.Equal(t, map[string]string{"GOGC": Removed, "PYTHONPATH": Passed, "PYTHONDEVMODE": Removed, "LD_PRELOAD": Removed,
		"GLIBC_TUNABLES": Removed, "MALLOC_ARENA_MAX": Removed, "NODE_OPTIONS": Removed, "LANG": Removed, "LC_CTYPE": Removed,
		"TMPDIR": Passed, "GODEBUG": Removed}, fates)
	require.Equal(t, "GLIBC_TUNABLES", found[0].Name, "by name")
	require.Equal(t, "a=b", found[0].Value)
}

func TestNewsIsWhatAReaderWouldNotExpect(t *testing.T) {
	_, found := Clean([]string{"LANG=de_DE", "TMPDIR=/t", "GOGC=off", "LD_LIBRARY_PATH=/l"})
	require.Equal(t, []string{
		"the environment's GOGC=off: kept from servers and generator; an experiment sets gogc and gomaxprocs, and a command may begin with NAME=value",
		"servers without the environment's LD_LIBRARY_PATH=/l: it was passed on to them",
	}, News(found))
}

// What was kept from the servers makes no difference between two runs.
func TestDifferencesAreAboutWhatReachedTheServers(t *testing.T) {
	_, a := Clean([]string{"GOGC=off", "PYTHONPATH=/a", "TMPDIR=/t"})
	_, b := Clean([]string{"GOGC=10", "LD_LIBRARY_PATH=/l", "TMPDIR=/t"})
	require.Equal(t, []string{"LD_LIBRARY_PATH of the environment differs: not set, then /l",
		"PYTHONPATH of the environment differs: /a, then not set"}, Differences(a, b))
	require.Empty(t, Differences(nil, nil), "of runs that recorded none")
}

// What a wrapper sets, changes or takes away is seen; what changes no behaviour is none of it.
func TestChangesAreThoseOfAWrapper(t *testing.T) {
	given := []string{"PATH=/bin", "GOMAXPROCS=1", "PYTHONPATH=/a", Locale}
	require.Empty(t, Changes(given, given))
	require.Equal(t, []Change{{"GOGC", "not set", "off"}, {"GOMAXPROCS", "1", "4"}, {"LC_ALL", "C.UTF-8", `\xff`}, {"PYTHONPATH", "/a", "not set"}},
		Changes(given, []string{"PATH=/usr/bin", "SHLVL=2", "GOMAXPROCS=4", "GOGC=off", "LC_ALL=\xff"}))
}
