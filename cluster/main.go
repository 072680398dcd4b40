package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == memberRole {
		exit(serveMember(os.Args[2]))
	}
	var o options
	flag.StringVar(&o.program, "program", "bin/tokenscale", "the tokenscale `binary` that the nodes run")
	flag.StringVar(&o.folder, "folder", "", "the `folder` to put everything in, which then stays; a temporary one unless set")
	flag.IntVar(&o.members, "members", 3, "how many members of etcd")
	flag.IntVar(&o.nodes, "nodes", 3, "how many nodes of tokenscale")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// options say what to start.
type options struct {
	program, folder string
	members, nodes  int
}

// run starts a cluster, tells where it is, and stops it when ctx ends.
func run(ctx context.Context, o options) (err error) {
	if o.folder == "" {
		if o.folder, err = os.MkdirTemp("", "tokenscale-cluster-*"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.folder)) }()
	}
	if o.folder, err = filepath.Abs(o.folder); err != nil {
		return err
	}
	c, err := start(ctx, o)
	if err != nil {
		return errors.Join(err, c.stop())
	}
	c.tell(os.Stdout)
	<-ctx.Done()
	fmt.Fprintln(os.Stdout, "\nStopping.")
	return c.stop()
}
