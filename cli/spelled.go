package cli

import (
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// spelled returns a command line in which help and the version are asked for as
// the parser knows it: elsewhere people learn -help, help, help backup and
// -version.
func spelled(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		switch arg {
		case "--":
			return args
		case "-help", "-?", "/?":
			args[i] = "--help"
		case "-version", "--version", "-v", "-V":
			return []string{"version"}
		}
	}
	if len(args) > 0 && args[0] == "help" {
		return append(args[1:], "--help")
	}
	if n := len(args); n == 2 && args[1] == "help" && takesNoFile(args[0]) {
		args[1] = "--help"
	}
	return args
}

// takesNoFile tells the commands behind which help is not the name of a file.
func takesNoFile(command string) bool {
	return slices.Contains([]string{"serve", "root-token", "compact", "audit", "store", "key", "version"}, command)
}

// flags returns the flags of all commands, as they are written, and whether each
// takes a value.
func flags(n *kong.Node) map[string]bool {
	takes := map[string]bool{}
	for _, f := range n.Flags {
		takes["--"+f.Name] = !f.IsBool()
	}
	for _, child := range n.Children {
		maps.Copy(takes, flags(child))
	}
	return takes
}

// withoutBlanks returns a command line in which a flag that was given nothing,
// or nothing but blanks, is not given: it is what is left of --data="$DATA" where
// the variable is empty, and must mean the same as an empty twin in the
// environment. Of other values it takes the blanks off.
func withoutBlanks(args []string, takes map[string]bool) (kept []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		name, value, joined := strings.Cut(arg, "=")
		takesValue, known := takes[name]
		switch {
		case arg == "--":
			return append(kept, args[i:]...)
		case !known || !joined && (!takesValue || i+1 == len(args)):
			kept = append(kept, arg)
			continue
		case !joined:
			i++
			value = args[i]
		}
		switch tidy := strings.TrimSpace(value); {
		case tidy == "":
		case joined:
			kept = append(kept, name+"="+tidy)
		default:
			kept = append(kept, name, tidy)
		}
	}
	return kept
}

// readLevel reads a level of the log.
func readLevel(c *kong.DecodeContext, target reflect.Value) error {
	var word string
	if err := c.Scan.PopValueInto("level", &word); err != nil {
		return err
	}
	var level slog.Level
	if level.UnmarshalText([]byte(word)) != nil {
		return fmt.Errorf("%q is not a level of the log: debug, info, warn or error", word)
	}
	target.Set(reflect.ValueOf(level))
	return nil
}
