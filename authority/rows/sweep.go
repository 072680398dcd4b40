package rows

import (
	"tokenscale/audit"
	"tokenscale/policy"
)

// A Sweep is a change of policy that has not reached every token yet. Its row
// stands in the store until it has, so that a crash in the middle is taken up
// at the next start.
type Sweep struct {
	Rule   policy.Security // what old tokens have to be brought under
	Cursor string          // the key of the last token that is done
	Done   uint64
	Total  uint64 // how many tokens there were at the beginning
	Actor  audit.Actor
}

func packSweep(p *Packer, s Sweep) {
	p.Number(Version)
	packSecurity(p, s.Rule)
	p.Text(s.Cursor)
	p.Number(s.Done)
	p.Number(s.Total)
	packActor(p, s.Actor)
}

func unpackSweep(u *Unpacker, _ []byte) Sweep {
	u.Expect(Version)
	return Sweep{Rule: unpackSecurity(u), Cursor: u.Text(), Done: u.Number(), Total: u.Number(), Actor: unpackActor(u)}
}
