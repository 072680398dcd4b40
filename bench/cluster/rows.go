//go:build bench

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/bench/figures"
)

// A row is one line of the table.
type row struct{ name, figure, p50, p99, nodes, members, shares string }

type bench struct {
	settings
	ctx    context.Context // over when the run is interrupted
	folder string

	members members
	etcd    *clientv3.Client
	nodes   []*node
	root    string // the root token
	ten     string // a token with ten rules
	size    int64  // of etcd before the tokens came

	rows  []row
	goals figures.Goals
}

// row adds a line.
func (b *bench) row(r row) { b.rows = append(b.rows, r) }

// table writes the lines as Markdown.
func (b *bench) table() string {
	var t strings.Builder
	t.WriteString("| What | Figure | p50 | p99 | CPU each, nodes | CPU each, members | Shares of the nodes |\n|---|---|---|---|---|---|---|\n")
	for _, r := range b.rows {
		fmt.Fprintf(&t, "| %s |\n", strings.Join([]string{r.name, r.figure, r.p50, r.p99, r.nodes, r.members, r.shares}, " | "))
	}
	return t.String()
}

// stop stops the nodes, and then the members.
func (b *bench) stop() error {
	b.stopNodes()
	if b.etcd != nil {
		b.etcd.Close()
	}
	return b.members.stop()
}

// A spending is the CPU time that processes have used since they began.
type spending struct{ nodes, members time.Duration }

func (b *bench) spent() (s spending) {
	for _, n := range b.nodes {
		s.nodes += cpu(n.pid())
	}
	for _, pid := range b.members.pids {
		s.members += cpu(pid)
	}
	return s
}
