//go:build !linux

package servertest

var systemMutants []mutant
