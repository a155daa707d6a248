package cmd

import (
	"fmt"
	"slices"

	"socketbench/experiments/spec"
	"socketbench/experiments/watch"
	"socketbench/servers"
	"socketbench/servers/address"
	"socketbench/servers/config"
	"socketbench/servers/upper"
)

// isServer returns an error if a word names no server: neither a design nor a command nor an address.
func (a *app) isServer(word string) error {
	if _, own := a.commands.Of(word); own || address.Looks(word) {
		return nil
	}
	_, err := a.lookup(word)
	return err
}

// usualScene is the scene that is played where none is named.
func (a *app) usualScene(names []string) string {
	for _, server := range names {
		if datagrams, known := a.takesDatagrams(server); !known || !datagrams {
			return "silent"
		}
	}
	if len(names) == 0 {
		return "silent"
	}
	return "datagrams"
}

// takesDatagrams reports whether a server answers datagrams, and no connections. known is false for a command of the user's:
// it serves what its scene is played over.
func (a *app) takesDatagrams(server string) (datagrams, known bool) {
	if _, own := a.commands.Of(server); own {
		return false, false
	}
	if _, err := a.registry.Lookup(server); err == nil {
		return a.answersDatagrams(server), true
	}
	at, err := address.ParseServer(server)
	return err == nil && at.Network == "udp", err == nil
}

// carried refuses a server that is not asked over what the scene is played over.
func (a *app) carried(server string, scene watch.Scene) error {
	datagrams, known := a.takesDatagrams(server)
	switch {
	case known && datagrams && !scene.Datagrams():
		return fmt.Errorf("watch: %q answers datagrams, and scene %s is played over connections; watch it in a scene over udp (socketbench watch datagrams %s)",
			server, scene.Name, server)
	case known && !datagrams && scene.Datagrams():
		return fmt.Errorf("watch: %q answers over connections, and scene %s is played over datagrams; watch it in another scene (socketbench watch silent %s)",
			server, scene.Name, server)
	}
	return nil
}

// watchable reports whether a scene can be played to the server that was named. note is what a viewer must know.
func (a *app) watchable(server string) (note string, err error) {
	if _, own := a.commands.Of(server); own {
		return "", nil
	}
	e, err := a.lookup(server)
	if err != nil && address.Looks(server) {
		if _, err = address.ParseServer(server); err != nil {
			err = fmt.Errorf("watch: %w", err)
		}
		return "runs already, so the work of the scene does not apply to it", err
	}
	if err == nil && e.Traits.Framing != upper.Raw {
		err = fmt.Errorf("watch: %q speaks only the framing %v", server, e.Traits.Framing)
	}
	return "", err
}

// unplayable says why a scene is not played to a server: the server does not run here, or it would not do the same work
// as the others.
func (a *app) unplayable(server string, work servers.Config) string {
	command, own := a.commands.Of(server)
	who := command
	if !own {
		k := slices.IndexFunc(a.registry, func(e servers.Entry) bool { return e.Name == server })
		switch {
		case k < 0:
			return ""
		case !a.registry[k].Available():
			return "it " + a.registry[k].Missing()
		case a.registry[k].Launch == nil:
			return ""
		}
		command, who = a.registry[k].Command, server
	}
	if must, _ := spec.Untold(command, work); len(must) > 0 {
		return spec.NotTold(who, must, work)
	}
	return ""
}

// playsUntold reports whether a scene over datagrams can be played to a command of the user's that is not told its settings, where
// there is no other server to be compared with: how datagrams keep their borders needs none of them. A framing is none that
// can be left out, because the clients speak it.
func (a *app) playsUntold(server string, work servers.Config) bool {
	command, own := a.commands.Of(server)
	must, _ := spec.Untold(command, work)
	return own && !slices.ContainsFunc(must, func(k config.Knob) bool { return k.Name == "framing" })
}
