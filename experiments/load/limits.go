package load

import "fmt"

// maxWorkers is the most processes that a run may be spread over.
const maxWorkers = 16

// perWorker is how many descriptors the parent needs for each of the processes: both ends of the pipes while it starts,
// and the process itself.
const perWorker = 4

// spare returns how many of its descriptors a process keeps for other things than connections.
func spare(limit int) int { return min(64, max(leastSpare, limit*2/5)) }

const leastSpare = 16

// room returns how many connections the descriptors of a process allow. told is false where the system has no limit worth
// naming.
func room() (n int, told bool) {
	limit := descriptorLimit()
	if limit == 0 {
		return 0, false
	}
	return max(0, limit-spare(limit)), true
}

// processes returns how many processes o needs for its descriptors, at most one more than are allowed.
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

// checkDescriptors refuses more connections than one process has descriptors for.
func (o Options) checkDescriptors() error {
	each, told := room()
	if !told || o.Clients() <= each {
		return nil
	}
	limit := descriptorLimit()
	return fmt.Errorf("load: %d connections are more than the %d descriptors that a process may have (ulimit -n), less %d that it needs itself; ask for fewer or raise the limit",
		o.Clients(), limit, min(limit, spare(limit)))
}

// checkProcesses refuses more connections than n processes have descriptors for, and more processes than this one has
// descriptors to start.
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

// checkPorts refuses more connections than there are local ports. On the loopback the epoll engine takes another source
// address when the ports of one are used up.
func (o Options) checkPorts(t target) error {
	n := ephemeralPorts()
	rotates := o.Engine != EnginePortable && t.network == "tcp" && t.tcp.IP.To4() != nil && t.tcp.IP.IsLoopback()
	if n == 0 || t.network != "tcp" || rotates || o.Clients() <= n {
		return nil
	}
	return fmt.Errorf("load: %d connections are more than the %d ports that they may come from (net.ipv4.ip_local_port_range); ask for fewer, widen it, or use 127.0.0.1 and engine %s",
		o.Clients(), n, EngineEpoll)
}
