// Package keyring holds the server's own secrets and does with them what the
// server needs: it digests token strings, seals and opens rows of the store,
// and signs checkpoints of the audit log.
//
// All keys are derived from the lines of one key file, one key for each
// purpose. The file should not lie where the store lies: whoever has only one
// of the two can neither use nor forge a token. The newest line, which comes
// first, makes everything; the lines below it are kept for what was made when
// they were the newest.
package keyring
