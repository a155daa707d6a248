package scenes_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"socketbench/experiments/book/chinese"
	"socketbench/experiments/guess"
	"socketbench/experiments/scenes"
	"socketbench/experiments/watch"
	"socketbench/patterns/prefork"
	"socketbench/servers"
	"socketbench/servers/address"
)

func TestMain(m *testing.M) {
	prefork.Child(servers.PreforkChild)
	flag.Set("test.parallel", "4") // their clients wait most of the time; more would need more descriptors than select has
	os.Exit(m.Run())
}

// perform plays a scene to a design in this process.
func perform(scene watch.Scene, e servers.Entry) (perf watch.Performance, err error) {
	cfg := scene.Config.Config
	start := time.Now()
	var mu sync.Mutex
	var reads []watch.Read
	if !e.Traits.Processes {
		cfg.Protocol.Hook = func(request []byte) {
			mu.Lock()
			defer mu.Unlock()
			reads = append(reads, watch.Read{At: time.Since(start), Bytes: len(request), Text: bytes.Clone(request)})
		}
	}
	serve, at, err := listening(cfg, e)
	if err != nil {
		return perf, err
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- serve(ctx) }()
	perf = watch.Performance{Server: e.Name, Kernel: watch.SeesKernel(), Framing: scene.Config.Protocol.Framing}
	watch.Play(ctx, scene, at, nil, start, func(event watch.Event) {
		perf.Events = append(perf.Events, event)
	})
	mu.Lock()
	if !scene.Datagrams() {
		perf.Reads, perf.ReadsKnown = scene.Assign(perf, reads), !e.Traits.Processes
	}
	mu.Unlock()
	stop()
	return perf, <-served
}

// isInChinese fails where a sentence on a play has no Chinese.
func isInChinese(t *testing.T, scene watch.Scene, perf watch.Performance, traits servers.Traits) {
	texts := []string{scene.Question, watch.Sentence(scene, perf), guess.Why(scene, perf, traits)}
	for i, c := range scene.Clients {
		texts = append(texts, guess.Part(c), guess.Of(scene).Truth(scene, perf, i).Why)
	}
	for _, text := range texts {
		_, ok := chinese.Of(text)
		require.True(t, ok, "experiments/book/chinese lacks a part of: %s", text)
	}
}

// listening binds an address for a design.
func listening(cfg servers.Config, e servers.Entry) (serve func(context.Context) error, at address.Address, err error) {
	if e.New == nil {
		pc, err := servers.ListenPacket(context.Background(), address.Address{Network: "udp", Where: "127.0.0.1:0"}, cfg)
		if err != nil {
			return nil, at, err
		}
		return func(ctx context.Context) error { return e.NewPacket(cfg).ServePacket(ctx, pc) }, address.Of(pc.LocalAddr()), nil
	}
	ln, err := servers.Listen(context.Background(), address.Address{Network: "tcp", Where: "127.0.0.1:0"}, e.Traits)
	if err != nil {
		return nil, at, err
	}
	return func(ctx context.Context) error { return e.New(cfg).Serve(ctx, ln) }, address.Of(ln.Addr()), nil
}

// Every built-in scene states what must be seen; every design shows it, by its traits.
func TestScenesShowWhatTheyTeach(t *testing.T) {
	for _, name := range scenes.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene, err := scenes.Get(name)
			require.NoError(t, err)
			require.NotEmpty(t, scene.See, "the scene states nothing")
			showsWhatItTeaches(t, scene)
		})
		scene, err := scenes.Get(name)
		require.NoError(t, err)
		for _, f := range scene.Framings {
			t.Run(name+"/"+f.String(), func(t *testing.T) {
				t.Parallel()
				showsWhatItTeaches(t, scene.Under(f))
			})
		}
	}
}

// An editor accepts every built-in scene, and refuses what the parser refuses.
func TestTheSchemaFitsTheScenes(t *testing.T) {
	text, err := watch.Schema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("scene.json", doc))
	schema, err := compiler.Compile("scene.json")
	require.NoError(t, err)
	accepts := func(src []byte) bool {
		var v any
		require.NoError(t, yaml.Unmarshal(src, &v))
		return schema.Validate(v) == nil
	}
	for _, name := range scenes.Names() {
		src, err := scenes.Source(name)
		require.NoError(t, err)
		require.True(t, accepts(src), name)
		for _, change := range [][2]string{{"teaches:", "teach:"}, {"lasts:", "last:"}, {"connect", "conect"}, {"if: any", "if: all"}, {"clients:", "client:"}} {
			changed := bytes.Replace(src, []byte(change[0]), []byte(change[1]), 1)
			_, err := watch.Parse(name+".yaml", changed)
			require.Equal(t, err == nil, accepts(changed), "%s: %s", name, change[1])
		}
	}
}

// showsWhatItTeaches plays a scene to all designs at once, as it is mostly waiting.
func showsWhatItTeaches(t *testing.T, scene watch.Scene) {
	type played struct {
		entry servers.Entry
		perf  watch.Performance
		err   error
	}
	var all []*played
	var playing sync.WaitGroup
	for _, e := range servers.All() {
		if (e.New == nil) != scene.Datagrams() || !e.Available() {
			continue
		}
		p := &played{entry: e}
		all = append(all, p)
		playing.Go(func() { p.perf, p.err = perform(scene, p.entry) })
	}
	playing.Wait()
	for _, p := range all {
		t.Run(p.entry.Name, func(t *testing.T) {
			require.NoError(t, p.err)
			seen, ok := scene.Expect(p.entry.Traits)
			if !ok {
				require.NotEmpty(t, p.entry.Traits.Faults, "the scene says nothing of this design")
				return // what is known to go wrong is asserted by the conformance suite
			}
			for range 3 { // the pauses of a scene are short: a machine that stands still plays it again
				if len(scene.Check(seen, p.perf)) == 0 {
					break
				}
				p.perf, p.err = perform(scene, p.entry)
				require.NoError(t, p.err)
			}
			isInChinese(t, scene, p.perf, p.entry.Traits)
			require.Empty(t, scene.Check(seen, p.perf),
				watch.Draw(scene, []watch.Performance{p.perf}, scene.Lasts+time.Second).Text(110, nil))
		})
	}
}
