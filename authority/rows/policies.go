package rows

import (
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

func packSecurity(p *Packer, s policy.Security) {
	p.Flag(s.Enabled)
	p.Number(uint64(s.MaxAgeMs))
	p.Text(string(s.FilterID))
	p.Flag(s.AllowUpdates)
}

func unpackSecurity(u *Unpacker) policy.Security {
	return policy.Security{
		Enabled:      u.Flag(),
		MaxAgeMs:     int64(u.Number()),
		FilterID:     ipfilter.ID(u.Text()),
		AllowUpdates: u.Flag(),
	}
}

func packHistory(p *Packer, h policy.History) {
	p.Number(Version)
	for _, s := range []policy.Security{h.System, h.Organization, h.View, h.Personal} {
		packSecurity(p, s)
	}
	p.Number(h.Newest)
	p.Number(uint64(len(h.Past)))
	for _, t := range h.Past {
		packSecurity(p, t.Rule)
		p.Number(uint64(t.At))
		p.Text(string(t.By))
		p.Text(t.ByName)
	}
}

func unpackHistory(u *Unpacker, _ []byte) policy.History {
	u.Expect(Version)
	h := policy.History{Policies: policy.Policies{
		System: unpackSecurity(u), Organization: unpackSecurity(u), View: unpackSecurity(u), Personal: unpackSecurity(u),
	}, Newest: u.Number()}
	n := u.Count()
	if uint64(n) > h.Newest {
		u.fail()
		return policy.History{}
	}
	for range n {
		h.Past = append(h.Past, policy.Tightening{
			Rule: unpackSecurity(u), At: epoch.Millis(u.Number()), By: token.ID(u.Text()), ByName: u.Text(),
		})
	}
	return h
}
