// Package tally counts what happens too often to be written down each time.
//
// The audit log has to tell of every refused credential, every change that was
// refused and everything that was read, and nobody may fill the disk with
// that. So what is alike is counted together, and once in a while each kind
// becomes one entry that says how often, and since when. Up to MaxKinds kinds
// are told apart; those beyond are counted together, so that memory and the
// log are bounded whatever happens, and nothing is left out.
package tally
