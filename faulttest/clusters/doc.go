// Package clusters breaks the network between the nodes of a cluster and the members of etcd that
// hold its store, and looks what the nodes then say about tokens.
//
// Members and nodes are processes on hosts of their own, in network namespaces. What passes
// between them goes through the test, which loses or delays it. Where a test needs root or strace
// and cannot have it, it says so and is skipped.
package clusters
