package mailbox_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	balance := 0 // the owner's: no lock
	box := mailbox.New(8, func(amount int) { balance += amount })

	var senders sync.WaitGroup
	for range 10 {
		box.Enter()
		senders.Go(func() {
			defer box.Leave()
			box.Post(5)
		})
	}
	box.Close()
	box.Wait()
	fmt.Println(balance)
	// Output: 50
}

func TestMessagesOfOneSenderKeepTheirOrder(t *testing.T) {
	const senders, messages = 8, 500
	type message struct{ sender, n int }
	var next [senders]int
	box := mailbox.New(4, func(m message) {
		require.Equal(t, next[m.sender], m.n)
		next[m.sender]++
	})
	for s := range senders {
		box.Enter()
		go func() {
			defer box.Leave()
			for n := range messages {
				box.Post(message{s, n})
			}
		}()
	}
	box.Close()
	box.Wait()
	for _, n := range next {
		require.Equal(t, messages, n)
	}
}

// A message that was posted before Close is handled before the owner ends.
func TestCloseWaitsForTheMessagesInTheBox(t *testing.T) {
	goOn, handled := make(chan struct{}), 0
	box := mailbox.New(10, func(int) { <-goOn; handled++ })
	box.Enter()
	for n := range 10 {
		box.Post(n)
	}
	box.Close() // with a sender still there
	box.Leave()
	close(goOn)
	box.Wait()
	require.Equal(t, 10, handled)
}

func BenchmarkPost(b *testing.B) {
	box := mailbox.New(1024, func(int) {})
	box.Enter()
	for b.Loop() {
		box.Post(1)
	}
	box.Leave()
	box.Close()
	box.Wait()
}
