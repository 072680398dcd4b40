// Package etcd keeps a store in etcd, so that several nodes can have it open at once.
//
// Every row is a key of etcd. Each node has a mirror of all rows, a file of bbolt that is not
// synced and follows a watch; what transactions read is read there. Each commit is one
// transaction of etcd. It compares the revision of one key, the head, and writes it anew, so
// that commits happen one after the other, whichever node they come from; whoever was too slow
// runs again on what the other has left.
//
// Correctness rests on that comparison alone. No lease, lock or election is needed for it, and
// taking turns only saves repetitions.
package etcd
