package load

// spins reports whether the engines may poll without sleeping. Several processes share the CPUs, and one that spins would
// keep the others waiting for a time slice, which is milliseconds.
func (o Options) spins() bool { return o.Spin && o.processes() == 1 }

// split returns the options of each process that o needs.
func (o Options) split() ([]Options, error) {
	o = o.WithDefaults()
	n := o.processes()
	if n == 1 {
		return []Options{o}, o.Check()
	}
	if err := o.checkProcesses(n); err != nil {
		return nil, err
	}
	if t, err := resolve(o); err == nil {
		if err := o.checkPorts(t); err != nil {
			return nil, err
		}
	}
	parts := make([]Options, n)
	for i := range parts {
		parts[i] = o.Split(i, n)
		parts[i].Spin = o.spins()
		if err := parts[i].Check(); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// CheckSpawn is [Options.Check] for [Spawn], which may use several processes.
func (o Options) CheckSpawn() error {
	_, err := o.split()
	return err
}
