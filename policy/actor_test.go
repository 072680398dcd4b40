package policy

import (
	"testing"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// Section 4 of the contract: who may do what.

// onlyWith asks as nobody, as root, and as the holder of each permission by
// itself, and fails the test unless root and the holders of opens may, and the
// others are refused with the label of the first of opens.
func onlyWith(t *testing.T, ask func(Actor) error, opens ...permission.Permission) {
	t.Helper()
	refused := opens[0].Label() + " not allowed"
	if err := ask(RootActor()); err != nil {
		t.Errorf("root: %v, want it allowed", err)
	}
	if err := ask(Actor{}); fault.CodeOf(err) != fault.Forbidden || err.Error() != refused {
		t.Errorf("nobody: %v, want %q", err, refused)
	}
	for p := range permission.Each() {
		err := ask(holding(p))
		if permission.Of(opens...).Has(p) {
			if err != nil {
				t.Errorf("%s: %v, want it allowed", p, err)
			}
		} else if fault.CodeOf(err) != fault.Forbidden || err.Error() != refused {
			t.Errorf("%s: %v, want %q", p, err, refused)
		}
	}
}

// may returns a question that is all about permissions.
func may(anyOf []permission.Permission) func(Actor) error {
	return func(by Actor) error { return by.May(anyOf...) }
}

func TestWhoMayDoWhat_SystemTokensAndTheListOfPermissions(t *testing.T) {
	onlyWith(t, may(AdministerTokens()), permission.ChangeSystemPermissions)
}

func TestWhoMayDoWhat_CreateSystemTokens(t *testing.T) {
	onlyWith(t, func(by Actor) error {
		_, err := open.Admit(by, Draft{Name: "x"}, noon)
		return err
	}, permission.ChangeSystemPermissions)
}

func TestWhoMayDoWhat_RotateSystemTokens(t *testing.T) {
	bare := living(noon)
	bare.Permissions = 0
	onlyWith(t, func(by Actor) error {
		_, err := Rotate(by, bare, noon)
		return err
	}, permission.ChangeSystemPermissions)
}

func TestWhoMayDoWhat_UpdateSystemTokens(t *testing.T) {
	onlyWith(t, func(by Actor) error {
		_, err := Security{Enabled: true, AllowUpdates: true}.Regrant(by, living(noon), 0, noon)
		return err
	}, permission.ChangeSystemPermissions)
}

func TestWhoMayDoWhat_ReadATokenThatIsNotOnesOwn(t *testing.T) {
	onlyWith(t, func(by Actor) error { return by.MayRead("another") }, permission.ChangeSystemPermissions)
}

func TestWhoMayDoWhat_FiltersAndPoliciesRead(t *testing.T) {
	onlyWith(t, may(ReadSecurity()), permission.ChangeSystemPermissions, permission.ManageCluster)
}

func TestWhoMayDoWhat_FiltersAndPoliciesWriteImpactAndFilterTest(t *testing.T) {
	onlyWith(t, may(AdministerSecurity()), permission.ManageCluster)
}

func TestWhoMayDoWhat_PoliciesWrite(t *testing.T) {
	onlyWith(t, func(by Actor) error {
		return Set(by, living(noon), Fresh(), Fresh(), filters(t), noon)
	}, permission.ManageCluster)
}

func TestWhoMayDoWhat_FiltersDelete(t *testing.T) {
	onlyWith(t, func(by Actor) error { return DeleteFilter(by, ipfilter.Filter{ID: "office"}, 0, nil) }, permission.ManageCluster)
}

func TestWhoMayDoWhat_AuditEvents(t *testing.T) {
	onlyWith(t, may(ReadSecurity()), permission.ChangeSystemPermissions, permission.ManageCluster)
}

func TestWhoMayDoWhat_Health(t *testing.T) {
	onlyWith(t, may(ReadHealth()), permission.ReadHealthCheck, permission.ManageCluster)
}

func TestWhoMayDoWhat_ATokenMayAlwaysReadItself(t *testing.T) {
	if err := (Actor{ID: "me"}).MayRead("me"); err != nil {
		t.Errorf("MayRead its own: %v", err)
	}
	if err := (Actor{}).MayRead(""); err == nil {
		t.Error("nobody may read the token without an ID")
	}
}

func TestMayWithoutAnyPermissionIsRootAlone(t *testing.T) {
	if err := RootActor().May(); err != nil {
		t.Errorf("root: %v", err)
	}
	wantRefusal(t, ann().May(), fault.Forbidden, "not allowed")
}

func TestRootHoldsAll(t *testing.T) {
	if r := RootActor(); !r.Root || r.ID != token.Root || r.Name != "localroot" || r.Permissions != permission.All {
		t.Errorf("root = %+v", r)
	}
}

func TestTheActorOfATokenIsWhatTheTokenIs(t *testing.T) {
	later := permission.Set(1) << 40 // by a later version of the server
	tok := token.Token{
		ID: "t", Name: "n", Permissions: permission.Of(permission.PatchGlobal) | later,
		FilterID: "office", ExpireAt: noon + 1, CreatedAt: noon,
	}
	want := Actor{ID: "t", Name: "n", Permissions: permission.Of(permission.PatchGlobal), FilterID: "office", ExpireAt: epoch.Millis(noon + 1)}
	if got := ActorOf(tok); got != want {
		t.Errorf("ActorOf = %+v, want %+v", got, want)
	}
	if got := ActorOf(token.Token{ID: token.Root}); got.Root {
		t.Error("a token that is called localroot is root")
	}
}
