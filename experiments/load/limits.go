package load

import "fmt"

// maxWorkers is how many processes a run may be spread over.
const maxWorkers = 16

// perWorker is how many descriptors the process that starts the others needs for each: both ends of the
// pipes while it starts, and the process itself.
const perWorker = 4

// spare returns how many descriptors of so many a process keeps for other things than connections.
func spare(limit int) int { return min(64, max(leastSpare, limit*2/5)) }

const leastSpare = 16

// room returns for how many connections a process has descriptors; 0 when it has for none, and told is false
// where the system has no limit worth naming.
func room() (n int, told bool) {
	limit := descriptorLimit()
	if limit == 0 {
		return 0, false
	}
	return max(0, limit-spare(limit)), true
}

// processes returns how many o needs for its descriptors, at most one more than there may be.
func (o Options) processes() int {
	each, told := room()
	clients := o.WithDefaults().Clients()
	switch {
	case !told || clients <= each:
		return 1
	case each == 0 || clients > each*maxWorkers:
		return maxWorkers + 1
	}
	return (clients + each - 1) / each
}

// checkDescriptors refuses what one process cannot hold.
func (o Options) checkDescriptors() error {
	each, told := room()
	if !told || o.Clients() <= each {
		return nil
	}
	limit := descriptorLimit()
	return fmt.Errorf("load: %d connections are more than the %d descriptors that a process may have (ulimit -n), less %d that it needs itself; ask for fewer or raise the limit",
		o.Clients(), limit, min(limit, spare(limit)))
}

// checkProcesses refuses what n processes together cannot hold, or this one cannot start.
func (o Options) checkProcesses(n int) error {
	limit := descriptorLimit()
	switch {
	case n > maxWorkers:
		return fmt.Errorf("load: %d connections are more than %d processes of %d descriptors each can hold (ulimit -n); ask for fewer or raise the limit",
			o.Clients(), maxWorkers, limit)
	case limit > 0 && n > 1 && n*perWorker+leastSpare > limit:
		return fmt.Errorf("load: %d connections need %d processes of %d descriptors each, and the one that starts them has no more itself (ulimit -n); ask for fewer or raise the limit",
			o.Clients(), n, limit)
	}
	return nil
}

// checkPorts refuses more connections than there are ports to come from. On the loopback the epoll engine takes
// other addresses when those of one are used up.
func (o Options) checkPorts(t target) error {
	n := ephemeralPorts()
	rotates := o.Engine != EnginePortable && t.network == "tcp" && t.tcp.IP.To4() != nil && t.tcp.IP.IsLoopback()
	if n == 0 || t.network != "tcp" || rotates || o.Clients() <= n {
		return nil
	}
	return fmt.Errorf("load: %d connections are more than the %d ports that they may come from (net.ipv4.ip_local_port_range); ask for fewer, widen it, or use 127.0.0.1 and engine %s",
		o.Clients(), n, EngineEpoll)
}
