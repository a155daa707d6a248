//go:build !unix

package load_test

func answer() {}
