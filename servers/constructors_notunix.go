//go:build !unix

package servers

var newThread, newBorrow, newTryread, newSelect, newPoll func(Config) Server
