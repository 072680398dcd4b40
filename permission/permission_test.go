package permission

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTheSixteenPermissionsOfLogScaleKeepTheirNumbers(t *testing.T) {
	// The numbers are on disk: this list may grow at its end and never change.
	want := []string{
		"ReadHealthCheck", "ViewOrganizations", "ManageOrganizations", "ImportOrganization", "DeleteOrganizations",
		"ChangeSystemPermissions", "ManageCluster", "IngestAcrossAllReposWithinCluster", "DeleteHumioOwnedRepositoryOrView",
		"ChangeUsername", "ChangeFeatureFlags", "ChangeSubdomains", "ListSubdomains", "PatchGlobal", "ChangeBucketStorage",
		"ManageOrganizationLinks",
	}
	if got := All.Names(); !slices.Equal(got, want) {
		t.Errorf("names = %v, want %v", got, want)
	}
}

func TestEveryPermissionHasItsWords(t *testing.T) {
	groups := []string{"Other", "Subdomains", "Cluster management", "Organization management"}
	for p := range Each() {
		if p.Label() == "" || p.Description() == "" || !slices.Contains(groups, p.Group()) {
			t.Errorf("%s: label %q, group %q, description %q", p, p.Label(), p.Group(), p.Description())
		}
	}
}

func TestANameParsesBackToItsPermission(t *testing.T) {
	for p := range Each() {
		if got, ok := Parse(p.Name()); !ok || got != p {
			t.Errorf("Parse(%q) = %v, %v", p.Name(), got, ok)
		}
	}
}

func TestWhatIsNoNameIsRefused(t *testing.T) {
	for _, name := range []string{"", "managecluster", "ManageCluster ", "ReadClusterHealthCheck", "Root"} {
		if p, ok := Parse(name); ok {
			t.Errorf("Parse(%q) = %v, want it refused", name, p)
		}
	}
}

func TestSetsBehaveLikeSets(t *testing.T) {
	anySet := rapid.Custom(func(t *rapid.T) Set { return Set(rapid.Uint64Range(0, uint64(All)).Draw(t, "set")) })
	rapid.Check(t, func(t *rapid.T) {
		a, b := anySet.Draw(t, "a"), anySet.Draw(t, "b")
		rest := a.Minus(b)
		for p := range Each() {
			if rest.Has(p) != (a.Has(p) && !b.Has(p)) {
				t.Fatalf("%s in %v minus %v = %v", p, a.Names(), b.Names(), rest.Has(p))
			}
		}
		if back := Of(slices.Collect(a.Each())...); back != a {
			t.Fatalf("Of(Each) = %v, want %v", back.Names(), a.Names())
		}
		if a.Len() != len(a.Names()) {
			t.Fatalf("Len = %d of %v", a.Len(), a.Names())
		}
	})
}

func TestARepeatedPermissionCollapses(t *testing.T) {
	if got := Of(PatchGlobal, PatchGlobal); got.Len() != 1 || !got.Has(PatchGlobal) {
		t.Errorf("Of = %v", got.Names())
	}
}

func TestANumberFromALaterVersionHasNoWordsAndIsNotKnown(t *testing.T) {
	for _, later := range []Permission{16, 40, 63} {
		if later.Name() != "" || Of(later).Known() != 0 || Of(later, PatchGlobal).Known() != Of(PatchGlobal) {
			t.Errorf("permission %d: name %q, known %v", later, later.Name(), Of(later).Known())
		}
	}
}

func TestAPermissionPrintsAsItsName(t *testing.T) {
	if got := fmt.Sprint(PatchGlobal); got != "PatchGlobal" {
		t.Errorf("it prints as %q", got)
	}
}

func TestWhatCanBreakTheClusterWarns(t *testing.T) {
	for p := range Each() {
		if warns, want := p.Warning() != "", p == PatchGlobal || p == DeleteHumioOwnedRepositoryOrView; warns != want {
			t.Errorf("%s warns: %v, want %v", p, warns, want)
		}
	}
}
