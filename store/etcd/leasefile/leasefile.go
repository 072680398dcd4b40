// Package leasefile keeps the lease of a node in its folder. A node that was killed ends it when it
// starts again, and need not wait for its name.
package leasefile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/loop"
)

// A File holds the lease of the node that has its folder.
type File string

// In returns the File in a folder.
func In(folder string) File { return File(filepath.Join(folder, "lease")) }

// Write writes down a lease.
func (f File) Write(lease clientv3.LeaseID) error {
	return os.WriteFile(string(f), fmt.Append(nil, int64(lease)), 0o600)
}

// Remove removes the file of a lease that has ended.
func (f File) Remove() { _ = os.Remove(string(f)) }

// endTime is for how long End may take.
const endTime = 5 * time.Second

// End ends the lease of a process that had the folder and was killed. It leaves alone what somebody
// keeps, who runs on the folder that this one is a copy of. What it cannot end ends by itself.
func (f File) End(ctx context.Context, client *clientv3.Client) {
	text, err := os.ReadFile(string(f))
	if err != nil {
		return
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	if lease := clientv3.LeaseID(n); !kept(ctx, client, lease) {
		_, _ = client.Revoke(ctx, lease)
	}
}

// A node keeps its lease twice a second, so one that has lost so many seconds is kept by nobody.
const (
	lost  = 3
	looks = 6
	pause = 500 * time.Millisecond
)

// kept reports whether somebody keeps a lease, or may do so for all that is known.
func kept(ctx context.Context, client *clientv3.Client, lease clientv3.LeaseID) bool {
	for range looks {
		r, err := client.TimeToLive(ctx, lease)
		if err != nil {
			return true
		}
		if r.TTL <= r.GrantedTTL-lost {
			return false
		}
		if err := loop.Rest(ctx, pause); err != nil {
			return true
		}
	}
	return true
}
