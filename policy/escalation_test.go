package policy

import (
	"testing"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// "No escalation", section 3 of the contract: an actor may grant only what it
// holds, from no wider a filter, for no longer; root may all.

const (
	tokens  = permission.ChangeSystemPermissions
	cluster = permission.ManageCluster
	patch   = permission.PatchGlobal
	health  = permission.ReadHealthCheck
)

func TestNoEscalation_AnActorMayGrantOnlyPermissionsItHoldsItself(t *testing.T) {
	tests := []struct {
		name    string
		by      Actor
		asked   permission.Set
		lacking string // in the message; empty if it is allowed
	}{
		{"none", holding(tokens), 0, ""},
		{"its own", holding(tokens, patch), permission.Of(tokens, patch), ""},
		{"one of its own", holding(tokens, patch), permission.Of(patch), ""},
		{"one it lacks", holding(tokens), permission.Of(patch), "You lack: Patch global."},
		{"one it holds and two it lacks", holding(tokens), permission.Of(tokens, patch, health), "You lack: Read cluster health check, Patch global."},
		{"one of a later version", ann(), 1 << 40, "You lack: what a later version of the server knows."},
		{"all, for who holds all", ann(), permission.All, ""},
		{"all, for root", RootActor(), permission.All, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := open.Admit(test.by, Draft{Name: "x", Permissions: test.asked}, noon)
			if test.lacking != "" {
				wantRefusal(t, err, fault.Forbidden, "grant only permissions you hold", test.lacking)
			} else if err != nil || got.Permissions != test.asked {
				t.Errorf("Admit = %v, %v; want %v", got.Permissions.Names(), err, test.asked.Names())
			}
		})
	}
}

func TestNoEscalation_AnActorWithAFilterMayGiveOnlyThatFilter(t *testing.T) {
	tests := []struct {
		name   string
		by     ipfilter.ID
		policy Security
		asked  ipfilter.ID
		want   bool
	}{
		{"its own", "office", open, "office", true},
		{"none is wider", "office", open, "", false},
		{"another, though it is narrower", "office", open, "nobody", false},
		{"another, that is wider", "office", open, "site", false},
		{"none asked, but its own is enforced", "office", enforcing("office"), "", true},
		{"none asked, and another is enforced", "office", enforcing("plant"), "", false},
		{"no filter of its own: any", "", open, "plant", true},
		{"no filter of its own: none", "", open, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			by := ann()
			by.FilterID = test.by
			_, err := test.policy.Admit(by, Draft{Name: "x", FilterID: test.asked}, noon)
			if test.want != (err == nil) {
				t.Errorf("Admit: %v, want allowed %v", err, test.want)
			}
			if err != nil {
				wantRefusal(t, err, fault.Forbidden, "bound to the IP filter "+string(test.by))
			}
			by.Root = true
			if _, err := test.policy.Admit(by, Draft{Name: "x", FilterID: test.asked}, noon); err != nil {
				t.Errorf("root: %v", err)
			}
		})
	}
}

func TestNoEscalation_AnActorWithAnExpiryMayGiveNoLaterOne(t *testing.T) {
	tests := []struct {
		name   string
		by     epoch.Millis
		policy Security
		asked  Expiry
		want   bool
	}{
		{"the same", noon + day, open, until(noon + day), true},
		{"a millisecond earlier", noon + day, open, until(noon + day - 1), true},
		{"a millisecond later", noon + day, open, until(noon + day + 1), false},
		{"never", noon + day, open, Expiry{}, false},
		{"never, but the maximum ends it with the actor", noon + day, atMost(int64(Days)), Expiry{}, true},
		{"never, and the maximum ends it later", noon + day, atMost(int64(Days) + 1), Expiry{}, false},
		{"no expiry of its own: never", 0, open, Expiry{}, true},
		{"no expiry of its own: the last moment there is", 0, open, until(epoch.End - 1), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			by := ann()
			by.ExpireAt = test.by
			_, err := test.policy.Admit(by, Draft{Name: "x", Expiry: test.asked}, noon)
			if test.want != (err == nil) {
				t.Errorf("Admit: %v, want allowed %v", err, test.want)
			}
			if err != nil {
				wantRefusal(t, err, fault.Forbidden, "expires at "+test.by.String())
			}
			by.Root = true
			if _, err := test.policy.Admit(by, Draft{Name: "x", Expiry: test.asked}, noon); err != nil {
				t.Errorf("root: %v", err)
			}
		})
	}
}

// stronger returns tokens that each can do one thing more than by.
func stronger(by Actor) map[string]token.Token {
	like := token.Token{ID: "t", Permissions: by.Permissions, FilterID: by.FilterID, ExpireAt: by.ExpireAt, CreatedAt: noon}
	more, wider, longer := like, like, like
	more.Permissions |= permission.Of(patch)
	wider.FilterID = "all"
	longer.ExpireAt++
	return map[string]token.Token{"You lack: Patch global": more, "IP filter office": wider, "expires at": longer}
}

func TestNoEscalation_NobodyIsShownTheStringOfATokenThatCanDoMore(t *testing.T) {
	by := holding(tokens)
	by.FilterID, by.ExpireAt = "office", noon+day
	for word, tok := range stronger(by) {
		_, err := Rotate(by, tok, noon)
		wantRefusal(t, err, fault.Forbidden, word)
		wantRefusal(t, by.MayIssue(tok), fault.Forbidden, word)
		if _, err := Rotate(RootActor(), tok, noon); err != nil {
			t.Errorf("root: %v", err)
		}
	}
}

func TestNoEscalation_MayRegrant(t *testing.T) {
	by := holding(tokens, health)
	by.FilterID, by.ExpireAt = "office", noon+day
	here := token.Token{ID: "t", Permissions: permission.Of(patch), FilterID: "office", ExpireAt: noon + day}
	wide, long := here, here
	wide.FilterID, long.ExpireAt = "", noon+day+1
	tests := []struct {
		name string
		t    token.Token
		to   permission.Set
		word string // in the refusal; empty if it is allowed
	}{
		{"nothing changes, though the actor holds less", here, permission.Of(patch), ""},
		{"taking away what the actor lacks", here, 0, ""},
		{"taking away, from a token with a wider filter", wide, 0, ""},
		{"taking away, from a token that lives longer", long, 0, ""},
		{"adding what the actor holds", here, permission.Of(patch, health), ""},
		{"adding one for another", here, permission.Of(health), ""},
		{"adding what the actor lacks", here, permission.Of(patch, cluster), "You lack: Manage cluster."},
		{"adding to a token with a wider filter", wide, permission.Of(patch, health), "bound to the IP filter office"},
		{"adding to a token that lives longer", long, permission.Of(patch, health), "expires at"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := by.MayRegrant(test.t, test.to)
			if test.word != "" {
				wantRefusal(t, err, fault.Forbidden, test.word)
			} else if err != nil {
				t.Errorf("refused: %v", err)
			}
			if err := RootActor().MayRegrant(test.t, test.to); err != nil {
				t.Errorf("root: %v", err)
			}
		})
	}
}

// mayFilter is MayEditFilter or MayEnforceFilter.
type mayFilter func(Actor, ipfilter.ID) error

func TestNoEscalation_NobodyMayLoosenTheFilterThatBindsIt(t *testing.T) {
	bound, free, root := ann(), ann(), RootActor()
	bound.FilterID, root.FilterID = "office", "office"
	tests := []struct {
		name   string
		may    mayFilter
		by     Actor
		filter ipfilter.ID
		want   bool
	}{
		{"editing its own", Actor.MayEditFilter, bound, "office", false},
		{"editing another", Actor.MayEditFilter, bound, "plant", true},
		{"editing without a filter", Actor.MayEditFilter, free, "office", true},
		{"editing nothing without a filter", Actor.MayEditFilter, free, "", true},
		{"editing as root", Actor.MayEditFilter, root, "office", true},
		{"enforcing its own", Actor.MayEnforceFilter, bound, "office", true},
		{"enforcing another", Actor.MayEnforceFilter, bound, "plant", false},
		{"enforcing none: it keeps its own", Actor.MayEnforceFilter, bound, "", true},
		{"enforcing without a filter", Actor.MayEnforceFilter, free, "plant", true},
		{"enforcing as root", Actor.MayEnforceFilter, root, "plant", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.may(test.by, test.filter)
			if test.want != (err == nil) {
				t.Errorf("%v, want allowed %v", err, test.want)
			}
			if err != nil {
				wantRefusal(t, err, fault.Forbidden, "Your own token is bound to")
			}
		})
	}
}
