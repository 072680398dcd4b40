package cli

import "slices"

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
	return slices.Contains([]string{"serve", "root-token", "compact", "audit", "key", "version"}, command)
}
