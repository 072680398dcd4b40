// Command cluster starts three members of etcd and three nodes of tokenscale on this machine, with
// TLS between them, and stops them all when it is interrupted. It is there to try what a cluster
// does: kill one of its processes and look. docs/cluster.md tells how to set up a real one.
package main
