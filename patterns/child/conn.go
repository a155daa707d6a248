package child

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// Conn is one end of the connection between a parent and its child, which carries JSON values, one a line. One goroutine
// may receive while others send.
type Conn struct {
	in      *bufio.Reader
	out     io.Writer
	sending sync.Mutex
}

// Send writes a value. It blocks while the pipe is full (64 KiB), and fails if the other end is closed.
func (c *Conn) Send(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("child: %w", err)
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	_, err = c.out.Write(append(line, '\n'))
	return err
}

// Receive reads the next value into v, and blocks until there is one. It returns io.EOF when the other end is closed.
// After any other error the next value can be received.
func (c *Conn) Receive(v any) error {
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		return io.EOF
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("child: %.200q is not a value of the conversation: %w", line, err)
	}
	return nil
}
