// Package policy holds every rule: who may do what, what a new token must satisfy, what becomes of
// existing tokens when the security policy changes, and whether a token may be used now.
//
// The rules are pure. They take values and give values; they read no clock, do no I/O and know no
// store. So each can be read and tested by itself, and the server, the preview and the tests ask
// the very same functions. The four to begin with:
//
//   - Actor.May and its like: whether somebody may do something at all;
//   - Security.Admit: what a new token becomes, or why it is refused;
//   - Security.Judge: what a policy does with a token that exists;
//   - Security.Usable: whether a token may be used now, from here, and as whom.
//
// A refusal is a fault.Error with a sentence for the person who asked. The zero value of every type
// here allows nothing.
package policy
