package web

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/door"
	"tokenscale/authority/integrity"
	"tokenscale/platform"
	"tokenscale/store"
)

// onlyRead reports whether the store was opened to be read, so that tokens are
// verified and nothing can be changed.
func (s *Server) onlyRead() bool { return errors.Is(s.o.Store.Err(), store.ErrReadOnly) }

// shared reports whether the store is one that several nodes have open.
func (s *Server) shared() bool {
	_, shared := s.o.Store.(store.Shared)
	return shared
}

// etcdFull is how many percent of its quota etcd may have used without a warning.
const etcdFull = 75

// checkStore asks whether changes can be stored.
func (s *Server) checkStore(stats store.Stats) check {
	fields := []string{"size", fmt.Sprint(stats.Size), "used", fmt.Sprint(stats.Used), "max", fmt.Sprint(stats.MaxSize), "path", s.o.Data}
	switch err := platform.Writable(s.o.Data); {
	case s.onlyRead():
		return newCheck("store-writable", down, "the disk of the data folder is read-only, so tokens are verified and nothing can be changed: make it writable and start the server again", fields...)
	case errors.Is(s.o.Store.Err(), store.ErrRewound):
		return newCheck("store-writable", down, s.o.Store.Err().Error()+". This node answers for no token and stops: put the newer etcd back, or, if an older one is there on purpose, start each node once with --accept-rollback; tokens deleted since work again then", fields...)
	case s.o.Store.Err() != nil:
		return newCheck("store-writable", down, "the store takes no more changes because an earlier one failed; the server stops soon", fields...)
	case err != nil:
		return newCheck("store-writable", down, "the data folder cannot be written to", fields...)
	case s.shared() && stats.MaxSize > 0 && stats.Used >= stats.MaxSize/100*etcdFull:
		return newCheck("store-writable", warn, "etcd nears its quota; at 85 percent nothing new is made, and at 95 rights are only taken away: compact and defragment it, or raise --quota-backend-bytes", fields...)
	case !s.shared() && stats.MaxSize > 0 && stats.Used > (stats.MaxSize-stats.Reserve)/5*4:
		return newCheck("store-writable", warn, "the store is nearly as large as --max-store-size allows", fields...)
	}
	return newCheck("store-writable", ok, "", fields...)
}

// Below lowDisk the store can still grow for some while; below noDisk it
// cannot be sure to.
const (
	lowDisk = 256 << 20
	noDisk  = 8 << 20
)

// checkDisk asks for the space that is left under the store, in bytes.
func (s *Server) checkDisk() check {
	free, total, err := platform.Space(s.o.Data)
	fields := []string{"free", fmt.Sprint(free), "total", fmt.Sprint(total), "path", s.o.Data}
	switch {
	case err != nil:
		return newCheck("disk-space", warn, "the disk does not tell how much space is left", "path", s.o.Data)
	case free < noDisk:
		return newCheck("disk-space", down, "there is no space left for the store to grow", fields...)
	case free < lowDisk:
		return newCheck("disk-space", warn, "there is little space left for the store to grow", fields...)
	}
	return newCheck("disk-space", ok, "", fields...)
}

// slowCommit is what a healthy disk never takes for a commit.
const slowCommit = time.Second

// checkCommit asks how the last commit went.
func checkCommit(s store.Stats) check {
	last := "none since the start"
	if !s.LastCommit.IsZero() {
		last = s.LastCommit.UTC().Format(time.RFC3339)
	}
	fields := []string{"last", last, "took", s.LastDuration.String(), "longest", s.MaxDuration.String(), "waiting", fmt.Sprint(s.Queued)}
	if s.Underway > slowCommit {
		return newCheck("last-commit", warn, "a change has been under way to the disk for long", fields...)
	}
	if s.LastDuration > slowCommit {
		return newCheck("last-commit", warn, "the last change took long to reach the disk", fields...)
	}
	return newCheck("last-commit", ok, "", fields...)
}

// checkReads asks whether something has read the store for so long that the
// space of what was deleted since piles up.
func checkReads(s store.Stats) check {
	fields := []string{"readers", fmt.Sprint(s.Readers), "oldest", s.OldestRead.String()}
	if s.OldestRead > authority.LongRead {
		return newCheck("reads", warn, "a read of the store has lasted long, and the file grows meanwhile: is a backup being read slowly?", fields...)
	}
	return newCheck("reads", ok, "", fields...)
}

// checkCluster asks whether this node may answer for tokens, and tells of the others.
func checkCluster(c door.Cluster) check {
	names := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		names[i] = n.Name
	}
	fields := []string{"nodes", strings.Join(names, " "), "house", fmt.Sprint(c.KeepsHouse)}
	if c.Clock != nil {
		return newCheck("cluster", down, "this node answers for no token: "+c.Clock.Error(), fields...)
	}
	if !c.Proven {
		return newCheck("cluster", down, "this node cannot prove that it knows of every revoked token, so it answers for none: is it cut off from etcd, or has etcd no quorum?", fields...)
	}
	if len(c.Alarms) > 0 {
		return newCheck("cluster", warn, "etcd has an alarm, and with NOSPACE takes no change, not even a revocation: make room in it, and end the alarm by etcdctl alarm disarm", append(fields, "alarms", strings.Join(c.Alarms, " "))...)
	}
	if len(c.Silent) > 0 {
		return newCheck("cluster", warn, "members of etcd do not answer; all goes on while most of them do: start them again, or replace them", append(fields, "silent", strings.Join(c.Silent, " "))...)
	}
	return newCheck("cluster", ok, "", fields...)
}

// checkIntegrity asks whether all rows were what the server wrote. Tokens that
// a bad row concerns are refused; the others go on, so this only warns.
func checkIntegrity(s integrity.ScrubStats) check {
	last := "none since the start"
	if s.Ended != 0 {
		last = s.Ended.String()
	}
	fields := []string{"bad", fmt.Sprint(s.Bad), "walks", fmt.Sprint(s.Passes), "last", last}
	if s.Bad > 0 {
		return newCheck("integrity", warn, "stored rows are not what the server wrote; tokens that they concern are refused. The log names them, tokenscale doctor tells more", fields...)
	}
	if s.Different > 0 {
		return newCheck("integrity", warn, "rows in etcd are not what this node reads: stop one node and run tokenscale doctor there", append(fields, "different", fmt.Sprint(s.Different))...)
	}
	return newCheck("integrity", ok, "", fields...)
}
