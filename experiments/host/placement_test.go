package host

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlace(t *testing.T) {
	one, two, threads := [][]int{{0}}, [][]int{{0}, {1}}, [][]int{{0, 4}, {1, 5}, {2, 6}, {3, 7}}
	for _, c := range []struct {
		name           string
		cores          [][]int
		want           string
		server, client []int
	}{
		{"", two, Split, []int{1}, []int{0}},
		{"", one, Shared, []int{0}, []int{0}},
		{"", nil, Shared, nil, nil},
		{Split, two, Split, []int{1}, []int{0}},
		{Split, threads, Split, []int{2, 6, 3, 7}, []int{0, 4, 1, 5}},
		{Split, [][]int{{0, 1}}, Split, []int{1}, []int{0}},
		{Split, [][]int{{0}, {1}, {2}}, Split, []int{1, 2}, []int{0}},
		{Shared, two, Shared, []int{0, 1}, []int{0, 1}},
		{Same, two, Same, []int{1}, []int{1}},
	} {
		p, err := newPlacement(c.name, c.cores, "")
		require.NoError(t, err, c)
		beside := slices.DeleteFunc(slices.Concat(c.cores...), func(cpu int) bool { return slices.Contains(c.server, cpu) })
		require.ElementsMatch(t, beside, p.Beside, c)
		p.Beside = nil
		require.Equal(t, Placement{Name: c.want, Server: c.server, Client: c.client}, p, c)
	}
	for _, c := range []struct {
		p    Placement
		want []int
	}{
		{Placement{Server: []int{2, 6, 3, 7}, Client: []int{0, 4, 1, 5}}, []int{0, 2, 4, 6}},
		{Placement{Server: []int{1, 0, 2}, Client: []int{1, 0, 2}}, []int{0, 1}},
		{Placement{Server: []int{1}, Client: []int{1}}, []int{1}},
		{Placement{}, nil},
	} {
		require.ElementsMatch(t, c.want, c.p.Paced())
		require.True(t, slices.IsSorted(c.p.Paced()))
	}
	for _, c := range []struct {
		name  string
		cores [][]int
		want  string
	}{
		{Split, one, `needs two CPUs and there is one; use "same"`},
		{Split, nil, `needs Linux; use "shared"`},
		{Same, nil, `needs Linux; use "shared"`},
		{"elsewhere", two, "there are split, shared, same"},
	} {
		_, err := newPlacement(c.name, c.cores, "")
		require.ErrorContains(t, err, c.want)
	}
}

// Where the system lets nobody choose CPUs, both share all of them, and what cannot be had says why.
func TestPlaceWhereNothingCanBePlaced(t *testing.T) {
	two, why := [][]int{{0}, {1}}, "sched_setaffinity: operation not permitted"
	for _, name := range []string{"", Shared} {
		p, err := newPlacement(name, two, why)
		require.NoError(t, err)
		require.Equal(t, Placement{Name: Shared, Server: []int{0, 1}, Client: []int{0, 1}}, p)
	}
	for _, name := range []string{Split, Same} {
		_, err := newPlacement(name, two, why)
		require.EqualError(t, err, `placement "`+name+`" needs CPUs to choose from (sched_setaffinity: operation not permitted); use "shared"`)
	}
}
