// Package app starts and stops a server. [Options] are its settings. [Start]
// opens the store, the authority upon it, the HTTP server above that and the
// socket for commands, from the bottom up; each step registers how it is taken
// back, and stopping takes all of them back in the opposite order.
package app
