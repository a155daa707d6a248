//go:build !linux

package cmd

import (
	"errors"

	"github.com/spf13/cobra"
)

func (a *app) peers() *cobra.Command {
	return &cobra.Command{Use: "peers", Hidden: true, RunE: func(*cobra.Command, []string) error {
		return errors.New("peers: needs Linux: it places processes on CPUs and reads their clocks")
	}}
}
