package load

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// connect lets all disturbers, or all measured clients, come, and waits until each has connected, and an idle
// one has its answer, or until nobody comes any more.
func (p *portable) connect(measured bool) {
	group := p.clients[p.mine:]
	if measured {
		group = p.clients[:p.mine]
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.o.Bound())
	var all, watching sync.WaitGroup
	watching.Go(func() { p.gather(ctx, cancel) })
	places := make(chan struct{}, atOnce)
	for _, c := range group {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		all.Go(func() {
			leave := sync.OnceFunc(func() {
				select {
				case <-places:
				default:
				}
			})
			stalled := time.AfterFunc(waveStall, leave) // a server that answers none may yet take connections
			c.come(ctx)
			stalled.Stop()
			leave()
		})
	}
	all.Wait()
	cancel()
	watching.Wait()
}

// gather ends the wait for clients when nobody comes any more.
func (p *portable) gather(ctx context.Context, enough func()) {
	g := newGathering(p.o, clock())
	ticks := time.NewTicker(waveStall)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.stopped:
			enough()
			return
		case <-ticks.C:
		}
		progress, now := int64(0), clock()
		p.lock.Lock()
		for _, d := range p.recorder.disturbers {
			progress += d.progress()
		}
		connecting := p.dialing > 0
		p.lock.Unlock()
		if g.news(progress, now); !g.over(now, connecting) {
			continue
		}
		p.lock.Lock()
		p.cut = g.cut(now)
		p.lock.Unlock()
		enough()
		return
	}
}

// come connects, and where the client is one that asks once and is silent then, waits for that answer.
func (c *portableClient) come(ctx context.Context) {
	p := c.p
	p.lock.Lock()
	p.dialing++
	p.lock.Unlock()
	stands := c.dial(ctx)
	p.lock.Lock()
	if p.dialing--; !stands && p.cut {
		c.profile.tally.cut++
	}
	p.lock.Unlock()
	if !stands || c.profile.most == 0 {
		return
	}
	conn := c.conn
	ended := make(chan struct{})
	settled := context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Unix(1, 0))
		close(ended)
	})
	err := c.once(conn)
	if !settled() {
		<-ended
	}
	_ = conn.SetDeadline(time.Time{})
	late := errors.Is(err, os.ErrDeadlineExceeded) // what comes later is heard when all play
	if p.lock.Lock(); late && p.cut {
		c.profile.tally.cut++
	}
	p.lock.Unlock()
	if err == nil || late {
		return
	}
	c.lock.Lock()
	_ = conn.Close()
	c.conn = nil
	c.lock.Unlock()
	p.lock.Lock()
	c.profile.tally.errors[kindOf(err)]++
	c.profile.tally.ended++
	c.profile.tally.disappear(&c.there)
	p.lock.Unlock()
}

// once asks for the one thing that the client asks for, and hears the answer.
func (c *portableClient) once(conn net.Conn) error {
	now := clock()
	c.batch = append(c.batch[:0], asking{now, now})
	if err := c.ask(); err != nil {
		return err
	}
	buf := make([]byte, 16<<10)
	for c.reading.done < c.sent {
		n, err := conn.Read(buf)
		c.hear(buf[:n], clock())
		if err != nil {
			return err
		}
	}
	return nil
}
