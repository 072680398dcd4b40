// Package web answers HTTP. It says what stands at which address, and puts the
// guards in front of it: how many may connect, which host names and origins
// are ours, what a request may look like, how long an answer may take, which
// headers an answer has, and what the log and the metrics tell of it. What the
// answers are is decided below, by the authority; who asks, by package authn.
package web
