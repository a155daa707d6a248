package cmd

import (
	"slices"

	"github.com/spf13/cobra"

	"socketbench/experiments/exercise"
)

// completion replaces cobra's own command of that name, which has a subcommand for each shell and no examples.
func (a *app) completion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "print a script that completes commands and names in your shell",
		Long: `Prints a script that makes the shell complete commands, flags and the names of servers,
experiments and scenes. The first example is for the running shell; the others are permanent.`,
		Example: `  source <(socketbench completion bash)
  socketbench completion bash > ~/.local/share/bash-completion/completions/socketbench
  socketbench completion zsh > "${fpath[1]}/_socketbench"
  socketbench completion fish > ~/.config/fish/completions/socketbench.fish`,
		Args:      arguments(1, 1),
		ValidArgs: []string{"bash", "zsh", "fish"},
		RunE: func(c *cobra.Command, args []string) error {
			switch args[0] {
			case "zsh":
				return c.Root().GenZshCompletion(a.stdout)
			case "fish":
				return c.Root().GenFishCompletion(a.stdout, true)
			}
			return c.Root().GenBashCompletionV2(a.stdout, true)
		},
	}
}

// completeServers completes the names of up to most designs (0: any number), with the idea of each
// beside it, leaving out those that are typed already.
func (a *app) completeServers(most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, typed []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if most > 0 && len(typed) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.servers(typed), cobra.ShellCompDirectiveNoFileComp
	}
}

func (a *app) servers(typed []string) (names []cobra.Completion) {
	for _, name := range a.commands.Names() {
		if !slices.Contains(typed, name) {
			names = append(names, cobra.CompletionWithDesc(name, a.commands[name]))
		}
	}
	for _, e := range a.registry {
		if !slices.Contains(typed, e.Name) {
			names = append(names, cobra.CompletionWithDesc(e.Name, e.Idea))
		}
	}
	return names
}

// completeRun completes experiments and designs; the shell completes files.
func (a *app) completeRun(_ *cobra.Command, typed []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := []cobra.Completion{cobra.CompletionWithDesc("all", "every experiment there is")}
	rows, _ := a.listExperiments() // the command itself reports what is wrong with a file
	return append(append(names, offered(rows, typed)...), a.servers(typed)...), cobra.ShellCompDirectiveDefault
}

// completeScene completes a scene and then the designs that play it.
func (a *app) completeScene(_ *cobra.Command, typed []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(typed) > 0 {
		return a.servers(typed), cobra.ShellCompDirectiveNoFileComp
	}
	rows, _ := listScenes()
	return append(offered(rows, nil), a.servers(nil)...), cobra.ShellCompDirectiveDefault
}

// offered are the rows of a list that are not typed yet.
func offered(rows []listed, typed []string) (names []cobra.Completion) {
	for _, r := range rows {
		if !slices.Contains(typed, r.Name) {
			names = append(names, cobra.CompletionWithDesc(r.Name, r.About))
		}
	}
	return names
}

// completeExercise completes a task and then a server.
func (a *app) completeExercise(_ *cobra.Command, typed []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(typed) > 0 {
		return a.servers(nil), cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for _, t := range exercise.Tasks() {
		names = append(names, cobra.CompletionWithDesc(t.Name, t.Task))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
