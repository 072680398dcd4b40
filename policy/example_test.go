package policy_test

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// noon is passed in: a rule reads no clock.
var noon = epoch.Of(time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC))

// Somebody asks for a token; the policy gives it the end it must have.
func ExampleSecurity_Admit() {
	oneWeek := policy.Security{Enabled: true, MaxAgeMs: (7 * 24 * time.Hour).Milliseconds()}
	draft := policy.Draft{Name: "nurse", Permissions: permission.Of(permission.ReadHealthCheck)}

	t, err := oneWeek.Admit(policy.RootActor(), draft, noon)
	fmt.Println(t.Name, t.Permissions.Names(), t.ExpireAt, err)

	draft.Expiry.In = &policy.Span{Amount: 8, Unit: policy.Days}
	_, err = oneWeek.Admit(policy.RootActor(), draft, noon)
	if refused, ok := errors.AsType[*fault.Error](err); ok {
		fmt.Println(refused.Code, refused.State)
	}

	// Output:
	// nurse [ReadHealthCheck] 2026-12-03T12:00:00.000Z <nil>
	// FORBIDDEN map[expiresIn:The security policy allows a life of at most 7 days.]
}

// Nobody passes on what they do not hold.
func ExampleActor_MayIssue() {
	nurse := policy.ActorOf(token.Token{
		ID:          "nurse",
		Permissions: permission.Of(permission.ChangeSystemPermissions, permission.ReadHealthCheck),
	})
	fmt.Println(nurse.MayIssue(token.Token{Permissions: permission.Of(permission.ReadHealthCheck)}))
	fmt.Println(nurse.MayIssue(token.Token{Permissions: permission.Of(permission.ManageCluster)}))

	// Output:
	// <nil>
	// You may grant only permissions you hold yourself. You lack: Manage cluster.
}

// What a new policy makes of a token that exists already.
func ExampleSecurity_Judge() {
	oneWeek := policy.Security{Enabled: true, MaxAgeMs: (7 * 24 * time.Hour).Milliseconds()}
	for _, age := range []time.Duration{24 * time.Hour, 8 * 24 * time.Hour} {
		t, verdict := oneWeek.Judge(token.Token{ID: "nurse", CreatedAt: noon.Add(-age)}, noon)
		switch verdict {
		case policy.Cap:
			fmt.Println("capped, ends", t.ExpireAt)
		case policy.Delete:
			fmt.Println("deleted")
		}
	}

	// Output:
	// capped, ends 2026-12-02T12:00:00.000Z
	// deleted
}

// The question that stands before every request.
func ExampleSecurity_Usable() {
	office, err := ipfilter.Parse("allow 192.0.2.0/24")
	if err != nil {
		fmt.Println(err)
		return
	}
	filters := known{"office": office}
	t := token.Token{ID: "nurse", FilterID: "office", ExpireAt: noon.Add(time.Hour)}
	open := policy.Fresh().System

	ask := func(from string, now epoch.Millis) {
		_, outcome := open.Usable(t, filters, netip.MustParseAddr(from), now)
		fmt.Println(outcome)
	}
	ask("192.0.2.7", noon)
	ask("203.0.113.7", noon)
	ask("192.0.2.7", noon.Add(time.Hour))

	// Output:
	// accepted
	// filtered
	// expired
}

// known are the IP filters there are, by id.
type known map[ipfilter.ID]*ipfilter.Rules

// Rules implements policy.Filters.
func (k known) Rules(id ipfilter.ID) *ipfilter.Rules { return k[id] }
