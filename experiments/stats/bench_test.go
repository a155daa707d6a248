package stats

import (
	"fmt"
	"testing"
)

// A table and all comparisons with its first row:
//
//	go test ./experiments/stats -run '^$' -bench Table
func BenchmarkTable(b *testing.B) {
	for _, size := range []struct{ rows, blocks int }{{2, 24}, {5, 10}, {15, 3}, {15, 64}} {
		b.Run(fmt.Sprintf("%d cells, %d blocks", size.rows, size.blocks), func(b *testing.B) {
			s := newSimulated(1, same(size.rows, 0.02)...)
			for range size.blocks {
				s.block()
			}
			for b.Loop() {
				t := NewTable(s.rows, s.seconds)
				for i := 1; i < size.rows; i++ {
					t.Compare(i, 0)
				}
			}
		})
	}
}
