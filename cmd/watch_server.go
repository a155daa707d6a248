package cmd

import (
	"fmt"

	"socketbench/experiments/watch"
	"socketbench/servers/address"
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
