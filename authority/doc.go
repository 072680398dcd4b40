// Package authority is where policy, store and audit log meet: the commands that change tokens, IP
// filters and policies, the queries that list them, the verification that stands in front of every
// request, and the tasks that go on by themselves while a server runs.
//
// One decision is one transaction with its audit entry. A command reads the clock and rolls the
// dice first; then, in a transaction that may run twice, it looks at the caller as it is now, asks
// package policy, and writes rows and entry through the shelves below: rows, ledger, index and the
// others. What is verified and listed is read from the live index in memory.
//
// The rules are in policy, the encodings in rows, and GraphQL knows of neither.
package authority
