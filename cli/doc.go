// Package cli is the command line of the program: which commands and settings
// there are, how they are read from arguments and the environment, what each
// command does, and the code that the process exits with.
//
// The command serve starts a server ([app.Start]). The others work on the
// store of a server that is stopped, or ask the running one through the socket
// in its data folder.
package cli
