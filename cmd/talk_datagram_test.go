package cmd

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// datagramServer answers each datagram with what answer returns; nil is no answer.
func datagramServer(t *testing.T, answer func(n int, request []byte) [][]byte) string {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, 64<<10)
		for n := 1; ; n++ {
			size, peer, err := pc.ReadFrom(buffer)
			if err != nil {
				return
			}
			for _, reply := range answer(n, bytes.Clone(buffer[:size])) {
				pc.WriteTo(reply, peer)
			}
		}
	}()
	t.Cleanup(func() {
		pc.Close()
		<-ended
	})
	return "udp://" + pc.LocalAddr().String()
}

func upperOf(_ int, request []byte) [][]byte { return [][]byte{bytes.ToUpper(request)} }

func TestDatagramsOfEveryLength(t *testing.T) {
	address := datagramServer(t, upperOf)
	for _, n := range []int{1, 1472, 9000, 65507} {
		code, stdout, stderr := talked(t, strings.Repeat("a", n)+"\n", address, "--patience", "10s")
		require.Equal(t, exitDone, code, stderr)
		require.Equal(t, strings.Repeat("A", n)+"\n", stdout)
	}
	for _, n := range []int{65508, 70000, 1 << 20} {
		code, stdout, stderr := talked(t, strings.Repeat("a", n)+"\nnext\n", address, "--patience", "10s")
		require.Equal(t, exitNo, code)
		require.Equal(t, "(not sent)\nNEXT\n", stdout, "the prompt goes on")
		require.Contains(t, stderr, "a datagram carries at most 65507 bytes, and this line has")
	}
	code, stdout, stderr := talked(t, "\n\nx", address, "--patience", "10s")
	require.Equal(t, exitDone, code, stderr)
	require.Equal(t, "\n\nX\n", stdout, "an empty datagram comes back")
}

func TestADatagramThatWasCutIsSaidToBe(t *testing.T) {
	address := datagramServer(t, func(_ int, request []byte) [][]byte {
		return [][]byte{bytes.ToUpper(request[:min(4, len(request))])}
	})
	code, stdout, stderr := talked(t, "four\nfive5\nx\n", address, "--patience", "10s")
	require.Equal(t, exitNo, code)
	require.Equal(t, "FOUR\nFIVE\nX\n", stdout)
	require.Contains(t, stderr, "the reply has 4 of 5 bytes: the server cut the datagram")
	require.Contains(t, stderr, "1 of 3 datagrams had no correct reply")
}

func TestALateReplyIsNotTakenForTheNextOnes(t *testing.T) {
	var late []byte
	address := datagramServer(t, func(n int, request []byte) [][]byte {
		switch n {
		case 2:
			late = bytes.ToUpper(request)
			return nil
		case 3:
			return [][]byte{late, bytes.ToUpper(request)}
		}
		return upperOf(n, request)
	})
	// The second line waits for its patience, the third does not.
	code, stdout, stderr := talked(t, "one\ntwo\nthree\nfour\n", address, "--patience", "2s")
	require.Equal(t, exitNo, code)
	require.Equal(t, "ONE\n(no reply)\nTHREE\nFOUR\n", stdout)
	require.Contains(t, stderr, "a late reply to line 2: TWO")
}

func TestADatagramToNobody(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "udp://" + pc.LocalAddr().String()
	pc.Close()
	code, _, stderr := talked(t, "hi\n", address, "--patience", "10s")
	require.Equal(t, exitNo, code)
	require.Contains(t, stderr, "no program receives at "+address)
	require.Contains(t, stderr, "start a server: socketbench serve udp --listen "+address)
}

func TestAWrongReplyIsShownAndSaid(t *testing.T) {
	address := datagramServer(t, func(_ int, request []byte) [][]byte { return [][]byte{append(bytes.ToUpper(request), '!')} })
	code, stdout, stderr := talked(t, "hi\n", address, "--patience", "10s")
	require.Equal(t, exitNo, code)
	require.Equal(t, "HI!\n", stdout)
	require.Contains(t, stderr, "the reply has 3 bytes, 1 more than are due")
}
