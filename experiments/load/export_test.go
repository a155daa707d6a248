package load

// KindOf names how an error of a connection is counted.
func KindOf(err error) string { return faultNames[kindOf(err)] }
