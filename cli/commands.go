package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenscale/app"
	"tokenscale/store"
	"tokenscale/token"
)

// commands are the command line. A command is a struct of its flags with a
// method Run.
type commands struct {
	Serve     serve         `cmd:"" default:"withargs" help:"Start the server. This is what happens without a command."`
	RootToken rootToken     `cmd:"" help:"Make a new root token, while the server is stopped. The old one no longer works."`
	Backup    backup        `cmd:"" help:"Copy the store of a server, running or not, into a file, and check the copy. The key file is not in it."`
	Restore   restore       `cmd:"" help:"Put a backup in the place of the store, while the server is stopped."`
	Doctor    doctor        `cmd:"" help:"Look whether a store or a backup is sound, and save what is left of a damaged one."`
	Compact   compact       `cmd:"" help:"Make the file of the store as short as its rows allow, of a running server too."`
	Store     storeCommands `cmd:"" help:"Copy a store from a file into etcd, or back."`
	Audit     auditLog      `cmd:"" help:"Verify the audit log, print a signed checkpoint of it, or export it."`
	Key       key           `cmd:"" help:"Rotate the keys of the server, tell what is under which, or drop old ones."`
	HashToken hashToken     `cmd:"" help:"Print the hash of a root token, for BOOTSTRAP_ROOT_TOKEN_HASHED. Without one, make one."`
	Version   version       `cmd:"" help:"Print the version."`
}

// The codes that the process exits with.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitUnsound = 3  // the doctor, or audit verify, found something
	exitStopped = 70 // the store has failed; a supervisor should start us again
)

// Run carries out a command line and returns the code to exit with. ctx ends
// when the process is asked to stop. base brings what is no setting.
func Run(ctx context.Context, args []string, base app.Options) int {
	defer tellStacks(base.Stacks, base.Stderr)()
	return answer(base, func() error { return runCommand(ctx, args, base) })
}

// answer carries out a command, tells what went wrong, and returns the code to
// exit with.
func answer(base app.Options, command func() error) int {
	err := command()
	if done, ok := errors.AsType[helped](err); ok {
		return int(done)
	}
	if err != nil {
		fmt.Fprintln(base.Stderr, "tokenscale:", hideTokens(err.Error()))
	}
	return exitCode(err)
}

// hideTokens takes the secret halves of token strings out of a text. A refusal
// repeats what it could not read, which may be a token pasted in the wrong place.
func hideTokens(text string) string {
	return token.Hide(regexp.MustCompile(`~[0-9A-Za-z]{16,}`).ReplaceAllString(text, "~(hidden)"))
}

func exitCode(err error) int {
	_, misparsed := errors.AsType[*kong.ParseError](err)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, store.ErrStopped):
		return exitStopped
	case misparsed || errors.Is(err, errSetting), errors.Is(err, errCommand):
		return exitUsage
	case errors.Is(err, errUnsound), errors.Is(err, errAltered):
		return exitUnsound
	}
	return exitFailed
}

// helped is thrown by the parser in the place of os.Exit, after --help.
type helped int

func (h helped) Error() string { return "exit" }

func runCommand(ctx context.Context, args []string, base app.Options) error {
	parsed, err := parse(ctx, args, base)
	if err != nil {
		return err
	}
	return parsed.Run(base)
}

// parse reads the command line and the environment. It carries out nothing but
// --help.
func parse(ctx context.Context, args []string, base app.Options) (_ *kong.Context, err error) {
	defer func() {
		if v := recover(); v != nil {
			done, ok := v.(helped)
			if !ok {
				panic(v)
			}
			err = done
		}
	}()
	var c commands
	parser, err := kong.New(&c,
		kong.Name("tokenscale"),
		kong.Description("System API tokens in the manner of Falcon LogScale, over GraphQL."),
		kong.Writers(base.Stdout, base.Stderr),
		kong.Exit(func(code int) { panic(helped(code)) }),
		kong.Help(help),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.NamedMapper("level", kong.MapperFunc(readLevel)),
	)
	if err != nil {
		return nil, err
	}
	known := twins(parser.Model.Node)
	if err := errors.Join(checkEnvironment(known), tidyEnvironment(known)); err != nil {
		return nil, err
	}
	args = withoutBlanks(spelled(args), flags(parser.Model.Node))
	if err := checkCommand(args, parser.Model.Children); err != nil {
		return nil, err
	}
	return parser.Parse(args)
}

// errCommand marks a command that nobody knows.
var errCommand = errors.New("unexpected argument")

// checkCommand refuses a word that is no command, and tells the one that was
// meant. The server, which starts without one, takes no words.
func checkCommand(args []string, commands []*kong.Node) error {
	if len(args) == 0 || args[0] == "" || strings.HasPrefix(args[0], "-") {
		return nil
	}
	var known []string
	for _, c := range commands {
		known = append(known, c.Name)
	}
	if slices.Contains(known, args[0]) {
		return nil
	}
	return fmt.Errorf("%w %s%s; --help lists the commands", errCommand, args[0], meant(args[0], known))
}

// twins returns the names of the settings in the environment.
func twins(n *kong.Node) []string {
	var names []string
	for _, f := range n.Flags {
		names = append(names, f.Envs...)
	}
	for _, child := range n.Children {
		names = append(names, twins(child)...)
	}
	return names
}

// help prints what was asked for. Without a command that is the settings of
// the server, since a server is what nearly everybody wants to start, and then
// the names of the other commands.
func help(o kong.HelpOptions, c *kong.Context) error {
	o.WrapUpperBound = 100
	if n := c.Selected(); n != nil {
		return kong.DefaultHelpPrinter(o, c)
	}
	server, err := kong.Trace(c.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	if err := kong.DefaultHelpPrinter(o, server); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("\nOther commands, each with a --help of its own:\n")
	for _, n := range c.Model.Children {
		if n.Name != "serve" {
			fmt.Fprintf(&b, "  %-11s %s\n", n.Name, n.Help)
		}
	}
	_, err = fmt.Fprint(c.Stdout, b.String())
	return err
}

// version prints the version.
type version struct{}

// Run is called by kong.
func (version) Run(base app.Options) error {
	_, err := fmt.Fprintln(base.Stdout, base.Version)
	return err
}
