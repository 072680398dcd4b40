package app

import (
	"fmt"
	"time"

	"tokenscale/authority"
	"tokenscale/store"
)

// checkWitness asks whether the audit log is being signed. Its entries are
// written all the same, but nobody could prove them to others.
func checkWitness(s authority.WitnessState) check {
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
	fields := []string{"from", s.from.UTC().Format(time.RFC3339), "until", s.to.UTC().Format(time.RFC3339), "left", left.Round(time.Second).String(), "path", path}
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

// checkReads asks whether something has read the store for so long that the
// space of what was deleted since piles up.
func checkReads(s store.Stats) check {
	fields := []string{"readers", fmt.Sprint(s.Readers), "oldest", s.OldestRead.String()}
	if s.OldestRead > authority.LongRead {
		return newCheck("reads", warn, "a read of the store has lasted long, and the file grows meanwhile: is a backup being read slowly?", fields...)
	}
	return newCheck("reads", ok, "", fields...)
}

// checkIntegrity asks whether all rows were what the server wrote. Tokens that
// a bad row concerns are refused; the others go on, so this only warns.
func checkIntegrity(s authority.ScrubStats) check {
	last := "none since the start"
	if s.Ended != 0 {
		last = s.Ended.String()
	}
	fields := []string{"bad", fmt.Sprint(s.Bad), "walks", fmt.Sprint(s.Passes), "last", last}
	if s.Bad > 0 {
		return newCheck("integrity", warn, "stored rows are not what the server wrote; tokens that they concern are refused. The log names them, tokenscale doctor tells more", fields...)
	}
	return newCheck("integrity", ok, "", fields...)
}
