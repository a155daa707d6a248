package address_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers/address"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, network, where string }{
		{"tcp://127.0.0.1:9000", "tcp", "127.0.0.1:9000"},
		{"127.0.0.1:9000", "tcp", "127.0.0.1:9000"},
		{":9000", "tcp", ":9000"},
		{"localhost:http", "tcp", "localhost:http"},
		{"[::1]:9000", "tcp", "[::1]:9000"},
		{"tcp://[fe80::1%eth0]:9000", "tcp", "[fe80::1%eth0]:9000"},
		{"udp://127.0.0.1:0", "udp", "127.0.0.1:0"},
		{"unix:///tmp/upper.sock", "unix", "/tmp/upper.sock"},
		{"unix://relative.sock", "unix", "relative.sock"},
		{"unix:///tmp/a blank", "unix", "/tmp/a blank"},
		{"unix:///tmp/a%20x", "unix", "/tmp/a%20x"},
		{"unix://./@name", "unix", "./@name"},
		{"unix:///" + strings.Repeat("x", address.LongestPath-1), "unix", "/" + strings.Repeat("x", address.LongestPath-1)},
	} {
		a, err := address.Parse(c.text)
		require.NoError(t, err)
		require.Equal(t, address.Address{Network: c.network, Where: c.where}, a)
		again, err := address.Parse(a.String())
		require.NoError(t, err)
		require.Equal(t, a, again)
		require.True(t, address.Looks(c.text))
	}
	for text, want := range map[string]string{
		"":                          "missing port",
		"9000":                      "missing port in address; write it as tcp://127.0.0.1:9000",
		"9901":                      "write it as tcp://127.0.0.1:9901",
		"tcp:127.0.0.1:9901":        "write it as tcp://127.0.0.1:9901",
		"udp:127.0.0.1:9901":        "write it as udp://127.0.0.1:9901",
		"tcp://127.0.0.1:9901/x":    "nothing follows the port, and here /x does; write it as tcp://127.0.0.1:9901",
		"UNIX:///tmp/x.sock":        `there is no network "UNIX"; write it as unix:///tmp/x.sock`,
		"TCP://127.0.0.1:80":        "write it as tcp://127.0.0.1:80",
		"file:///tmp/x":             "use tcp://host:port, unix:///path or udp://host:port",
		"unix://~/x.sock":           "write unix://$HOME/x.sock",
		"unix://@":                  "the name after @ is missing",
		"127.0.0.1:":                "the port is missing; write it as tcp://127.0.0.1:9000",
		"127.0.0.1:99999":           `"99999" is not a port; ports go from 0 to 65535`,
		"127.0.0.1:-1":              "is not a port",
		"127.0.0.1:+80":             "port +80 is not in plain decimal digits; write 80 if that is meant",
		"[::1]:0080":                "port 0080 is not in plain decimal digits; write 80 if that is meant",
		"tcp://a b:9000":            `"a b" is not a host`,
		"tcp://127.0.0.1/x:9000":    "is not a host",
		"tcp://::1:9107":            "an IPv6 address is written in brackets: tcp://[::1]:9107",
		"tcp://fe80::1%eth0:9107":   "tcp://[fe80::1%eth0]:9107",
		"tcp://::1":                 "an IPv6 address is written in brackets",
		"http://127.0.0.1:80/":      `there is no network "http"; write it as tcp://127.0.0.1:80`,
		"unix:/tmp/x.sock":          "write the path of a socket as unix:///tmp/x.sock",
		"/tmp/x.sock":               "write the path of a socket as unix:///tmp/x.sock",
		"./x.sock":                  "write the path of a socket as unix://./x.sock",
		"unix://":                   "the path is missing",
		"unix:///tmp/a\x00b":        "a path cannot contain a zero byte",
		"unix:///" + long("x", 107): "at most 107 bytes here, and this one has 108",
	} {
		if runtime.GOOS != "linux" && strings.Contains(want, "107") {
			continue
		}
		_, err := address.Parse(text)
		require.ErrorContains(t, err, want, text)
	}
}

func long(s string, n int) string { return strings.Repeat(s, n) }

func TestParseServer(t *testing.T) {
	for text, ok := range map[string]bool{"127.0.0.1:0": false, "udp://127.0.0.1:0": false, "127.0.0.1:1": true, "unix:///tmp/0": true} {
		_, err := address.Parse(text)
		require.NoError(t, err)
		_, err = address.ParseServer(text)
		require.Equal(t, ok, err == nil, text)
	}
}

func TestHere(t *testing.T) {
	for text, want := range map[string]string{":90": "tcp://127.0.0.1:90", "0.0.0.0:90": "tcp://127.0.0.1:90", "udp://[::]:90": "udp://127.0.0.1:90",
		"[::1]:90": "tcp://[::1]:90", "10.0.0.1:90": "tcp://10.0.0.1:90", "host.test:90": "tcp://host.test:90", "unix://x": "unix://x"} {
		a, err := address.Parse(text)
		require.NoError(t, err)
		require.Equal(t, want, a.Here().String())
	}
}

func TestLoopback(t *testing.T) {
	for text, ok := range map[string]bool{"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "localhost:1": true, "unix://x": true,
		"10.0.0.1:1": false, "example.test:1": false, ":1": false} {
		a, err := address.Parse(text)
		require.NoError(t, err)
		require.Equal(t, ok, a.Loopback(), text)
	}
}

func TestWhatIsInTheWayOfASocketIsNamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs the error numbers of Unix")
	}
	dir, err := address.Folder()
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	at := func(name string) address.Address {
		return address.Address{Network: "unix", Where: filepath.Join(dir, name)}
	}
	require.NoError(t, os.WriteFile(at("file").Where, nil, 0o600))
	require.NoError(t, os.Mkdir(at("folder").Where, 0o700))
	require.NoError(t, os.Symlink(at("none").Where, at("link").Where))
	left, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: at("left").Where})
	require.NoError(t, err)
	left.SetUnlinkOnClose(false) // as one that is killed leaves its socket
	require.NoError(t, left.Close())
	alive, err := net.Listen("unix", at("alive").Where)
	require.NoError(t, err)
	defer alive.Close()

	for name, want := range map[string]struct{ listen, connect string }{
		"file":        {"there is a file at this path, not a socket; choose another", "is a file, not a socket"},
		"folder":      {"there is a folder at this path, not a socket; choose another", "is a folder, not a socket"},
		"link":        {"there is a link to nothing at this path, not a socket", "is a link to nothing, not a socket"},
		"left":        {"left the socket behind; remove it: rm ", "the server that made it has ended"},
		"alive":       {"another server listens there", ""},
		"none/socket": {"there is no folder", "there is no socket"},
	} {
		a := at(name)
		_, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", a.Where)
		require.Error(t, err, name)
		require.ErrorContains(t, a.NotBound(err), want.listen, name)
		if want.connect == "" {
			continue
		}
		_, err = net.Dial("unix", a.Where)
		require.Error(t, err, name)
		require.Contains(t, a.NoConnection(err), want.connect, name)
		require.NotContains(t, a.NoConnection(err), "dial")
	}
}

// A name without an address is the same wrong call for every command.
func TestANameWithoutAnAddress(t *testing.T) {
	a, err := address.Parse("tcp://nobody.invalid:9107")
	require.NoError(t, err)
	failed := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "nobody.invalid", Server: "10.0.0.1:53", IsNotFound: true}}
	require.True(t, address.Nameless(failed))
	require.False(t, address.Nameless(syscall.ECONNREFUSED))
	const want = `the name "nobody.invalid" has no address: no such host`
	require.Equal(t, want, a.NoConnection(failed))
	require.ErrorContains(t, a.NotBound(failed), want)
}

func TestAbstractNamesAreNoFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		_, err := address.Parse("unix://@name")
		require.ErrorContains(t, err, "only Linux")
		return
	}
	t.Chdir(t.TempDir())
	a, err := address.Parse("unix://@socketbench-address-test")
	require.NoError(t, err)
	require.True(t, a.Abstract())
	ln, err := net.Listen(a.Network, a.Where)
	require.NoError(t, err)
	defer ln.Close()
	require.Equal(t, a, address.Of(ln.Addr()))
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, files)
	_, err = net.Listen(a.Network, a.Where)
	require.ErrorContains(t, a.NotBound(err), "another server uses the name")
}

func TestSocketsFindAPlaceWhereTMPDIRHasNone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs Unix: elsewhere TMPDIR means nothing")
	}
	for _, tmp := range []string{filepath.Join(t.TempDir(), long("t", 100)), "/nonexistent"} {
		t.Setenv("TMPDIR", tmp)
		os.Mkdir(tmp, 0o700)
		dir, err := address.Folder()
		require.NoError(t, err)
		ln, err := net.Listen("unix", filepath.Join(dir, "12.sock"))
		require.NoError(t, err)
		ln.Close()
		require.NoError(t, os.RemoveAll(dir))
	}
}

func TestTheAddressAtWhichSomebodyListensIsTaken(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		ln, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			continue // no IPv6 here
		}
		defer ln.Close()
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				conn.Close()
			}
		}()
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		ips, err := net.LookupHost("localhost")
		require.NoError(t, err)
		if len(ips) < 2 && host == "::1" {
			continue // localhost is IPv4 alone here
		}
		got, err := address.Address{Network: "tcp", Where: "localhost:" + port}.TCP()
		require.NoError(t, err)
		require.Equal(t, host, got.IP.String())
	}
}
