package permission

import (
	"iter"
	"math/bits"
)

// A Permission is one capability of a token.
//
// The number is stored on disk. New permissions go at the end; the number of
// a retired one is never used again.
type Permission uint8

// The permissions, in the order of LogScale's schema. None of them implies
// another.
const (
	ReadHealthCheck Permission = iota
	ViewOrganizations
	ManageOrganizations
	ImportOrganization
	DeleteOrganizations
	ChangeSystemPermissions
	ManageCluster
	IngestAcrossAllReposWithinCluster
	DeleteHumioOwnedRepositoryOrView
	ChangeUsername
	ChangeFeatureFlags
	ChangeSubdomains
	ListSubdomains
	PatchGlobal
	ChangeBucketStorage
	ManageOrganizationLinks

	count
)

// All is the set of every permission: what root holds.
const All Set = 1<<count - 1

// Parse returns the permission with the given API name. Names are exact; case
// counts.
func Parse(name string) (Permission, bool) {
	for p := range count {
		if words[p].name == name {
			return p, true
		}
	}
	return 0, false
}

// Each yields every permission, in the order of the schema.
func Each() iter.Seq[Permission] { return All.Each() }

// A Set is a set of permissions. The zero Set is empty and ready to use.
type Set uint64

// Of returns the set of the given permissions; repetitions collapse.
func Of(ps ...Permission) Set {
	var s Set
	for _, p := range ps {
		s |= 1 << p
	}
	return s
}

// Has reports whether p is in s.
func (s Set) Has(p Permission) bool { return s&(1<<p) != 0 }

// Minus returns the permissions in s that are not in t.
func (s Set) Minus(t Set) Set { return s &^ t }

// Known returns the permissions in s that this version knows.
func (s Set) Known() Set { return s & All }

// Len returns how many permissions s holds.
func (s Set) Len() int { return bits.OnesCount64(uint64(s)) }

// Each yields the permissions in s, in the order of the schema.
func (s Set) Each() iter.Seq[Permission] {
	return func(yield func(Permission) bool) {
		for p := range count {
			if s.Has(p) && !yield(p) {
				return
			}
		}
	}
}

// Names returns the API names of the permissions in s, in the order of the
// schema. It is never nil.
func (s Set) Names() []string {
	names := make([]string, 0, s.Len())
	for p := range s.Each() {
		names = append(names, p.Name())
	}
	return names
}
