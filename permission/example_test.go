package permission_test

import (
	"fmt"

	"tokenscale/permission"
)

// What a caller may pass on is what it holds itself.
func Example() {
	held := permission.Of(permission.ReadHealthCheck, permission.ManageCluster)
	asked := permission.Of(permission.ReadHealthCheck, permission.ChangeUsername)

	fmt.Println("holds:", held.Names())
	fmt.Println("asked for, but not held:", asked.Minus(held).Names())

	// Output:
	// holds: [ReadHealthCheck ManageCluster]
	// asked for, but not held: [ChangeUsername]
}

// Names are part of the API and exact; labels are for people.
func ExampleParse() {
	p, ok := permission.Parse("ManageCluster")
	fmt.Printf("%s (%q, in %q): %v\n", p.Name(), p.Label(), p.Group(), ok)

	_, ok = permission.Parse("managecluster")
	fmt.Println("another spelling:", ok)

	// Output:
	// ManageCluster ("Manage cluster", in "Cluster management"): true
	// another spelling: false
}
