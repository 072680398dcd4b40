package web

import (
	"context"
	"fmt"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/archive"
	"tokenscale/authority/clock"
	"tokenscale/authority/ledger"
)

// checks looks at everything a server needs. None of it takes long, writes
// anything, or shows more than figures and our own paths.
func (s *Server) checks() []check {
	stats := s.o.Store.Stats()
	all := []check{
		s.checkStore(stats), s.checkDisk(), checkCommit(stats), s.checkClock(),
		s.checkAudit(), checkCheckpoints(s.o.Authority.CheckpointState()),
		checkIntegrity(s.o.Authority.Scrubbed()), checkFilters(s.o.Authority.FilterCount()), checkReads(stats),
	}
	if s.o.KeyFile != nil {
		all = append(all, keyFileCheck(s.o.KeyFile()))
	}
	if c, any := s.checkSegments(); any {
		all = append(all, c)
	}
	if c, shared := s.o.Authority.Door().Cluster(); shared {
		all = append(all, checkCluster(c))
	}
	if c := s.o.Certificate; c != nil {
		all = append(all, certCheck(s.o.Now(), c.state(), c.cert))
	}
	return all
}

// checkCheckpoints asks whether the audit log is being signed. Its entries are
// written all the same, but nobody could prove them to others.
func checkCheckpoints(s ledger.CheckpointState) check {
	last := "none yet"
	if s.Time != 0 {
		last = s.Time.String()
	}
	fields := []string{"entries", fmt.Sprint(s.Entries), "covered", fmt.Sprint(s.Covered), "last", last}
	if s.Failed != nil {
		return newCheck("audit-checkpoint", warn, "no checkpoint of the audit log could be signed and kept; it is tried again. The log says why, tokenscale audit verify tells more", fields...)
	}
	return newCheck("audit-checkpoint", ok, "", fields...)
}

// checkSegments asks whether the files are there that parts of the audit log have left the store
// for, if any have.
func (s *Server) checkSegments() (c check, any bool) {
	a, err := s.o.Authority.Archiver().State(context.Background())
	if err == nil && a.Segments == 0 {
		return c, false
	}
	return segmentsCheck(a, err), true
}

func segmentsCheck(a archive.State, err error) check {
	fields := []string{"segments", fmt.Sprint(a.Segments), "entries", fmt.Sprint(a.Entries), "bad", fmt.Sprint(len(a.Bad))}
	if err != nil || len(a.Bad) > 0 {
		return newCheck("audit-segments", warn, "parts of the audit log that have left the store cannot be read here. The log names the files and where to copy them from; once they are back that is noticed within a minute", fields...)
	}
	return newCheck("audit-segments", ok, "", fields...)
}

// keyFileCheck asks whether the server has the keys of its key file as it is now.
func keyFileCheck(refused string) check {
	if refused != "" {
		return newCheck("key-file", warn, "the key file has changed and cannot be used as it is, so the keys of before stay in use, and a start would be refused or lack a key: put the right one there, which is noticed within a minute, or at once on SIGHUP", "used", "no", "why", refused)
	}
	return newCheck("key-file", ok, "", "used", "yes")
}

// checkFilters asks whether the rules of all stored filters can be read.
func checkFilters(n authority.FilterCount) check {
	fields := []string{"filters", fmt.Sprint(n.All), "shut", fmt.Sprint(n.Shut)}
	if n.Shut > 0 {
		return newCheck("ip-filters", warn, "stored IP filters cannot be read, so they let nobody in. The log names them; write their rules anew", fields...)
	}
	return newCheck("ip-filters", ok, "", fields...)
}

// A certificate should be replaced before a tenth of its life is left, or two
// weeks if that is less.
const renewWithin = 14 * 24 * time.Hour

// certCheck asks whether clients accept the certificate, now and for a while.
// One that is over is no warning any more: clients that check it, as they
// should, do not connect.
func certCheck(now time.Time, s certState, path string) check {
	left := s.to.Sub(now)
	fields := []string{
		"from", s.from.UTC().Format(time.RFC3339), "until", s.to.UTC().Format(time.RFC3339),
		"left", left.Round(time.Second).String(), "path", path,
	}
	switch {
	case left <= 0:
		return newCheck("tls-certificate", down, "the certificate, or one of its chain, has ended, so clients refuse to connect: put a new one in its place", fields...)
	case now.Before(s.from):
		return newCheck("tls-certificate", down, "the certificate, or one of its chain, is not valid yet, so clients refuse to connect; is the clock right?", fields...)
	case s.stale:
		return newCheck("tls-certificate", warn, "the files of the certificate have changed and cannot be used; the one from before is shown. The log says why", fields...)
	case left < min(s.life/10, renewWithin):
		return newCheck("tls-certificate", warn, "the certificate, or one of its chain, ends soon: put a new one in its place", fields...)
	}
	return newCheck("tls-certificate", ok, "", fields...)
}

// checkClock asks whether the clock of this machine can be believed. Time for
// tokens never runs back; see clock.Clock.
func (s *Server) checkClock() check { return clockCheck(s.o.Now(), s.o.Authority.ClockState()) }

func clockCheck(wall time.Time, s clock.State) check {
	fields := []string{
		"now", wall.UTC().Format(time.RFC3339), "time", s.Now.String(),
		"behind", s.Behind.String(), "ahead", s.Ahead.String(),
	}
	switch {
	case s.Behind > 0:
		return newCheck("clock", warn, "the clock is behind what it said before; tokens are judged by the later time. Set it right, or if it is, start once with --accept-clock", fields...)
	case s.Ahead > 0:
		return newCheck("clock", warn, "the clock has jumped ahead; tokens that have expired by that are refused, and can be brought back until the server has run for seven days. If it is wrong, set it right and start once with --accept-clock", fields...)
	}
	return newCheck("clock", ok, "", fields...)
}

// slowAudit is how long writing out audit lines may take before somebody
// should look at what the reader does.
const slowAudit = time.Second

// checkAudit asks whether audit entries are written out. They are in the store
// all the same.
func (s *Server) checkAudit() check {
	if s.onlyRead() {
		return newCheck("audit", warn, "who reads and who is refused is told by the log only, because the disk is read-only; no entries are written out", "kept", "in the log")
	}
	if s.o.AuditState == nil {
		return newCheck("audit", ok, "", "kept", "in the store")
	}
	fields := []string{"kept", "in the store", "also", s.o.AuditFile}
	switch busy, err := s.o.AuditState(); {
	case err != nil:
		return newCheck("audit", warn, "audit entries cannot be written out; they are kept and tried again", fields...)
	case busy > slowAudit:
		return newCheck("audit", warn, "nobody takes the audit entries that are written out; they are kept", fields...)
	}
	return newCheck("audit", ok, "", fields...)
}
