package policy

import (
	"tokenscale/permission"
)

// Any one of these permissions opens what the name says. The schema repeats
// them in @requires, where a test compares the two.

// AdministerTokens is needed to create, rotate, update, delete and list
// system tokens, and to read the list of permissions.
func AdministerTokens() []permission.Permission {
	return []permission.Permission{permission.ChangeSystemPermissions}
}

// ReadSecurity is needed to read IP filters, security policies and the audit log.
func ReadSecurity() []permission.Permission {
	return []permission.Permission{permission.ChangeSystemPermissions, permission.ManageCluster}
}

// AdministerSecurity is needed to change IP filters and security policies, to
// preview a change, and to test a filter.
func AdministerSecurity() []permission.Permission {
	return []permission.Permission{permission.ManageCluster}
}

// ReadHealth is needed to read the health checks.
func ReadHealth() []permission.Permission {
	return []permission.Permission{permission.ReadHealthCheck, permission.ManageCluster}
}
