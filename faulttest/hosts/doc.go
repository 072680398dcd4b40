// Package hosts makes hosts of their own for tests, as network namespaces, and networks between
// them that do to what passes whatever a test says.
package hosts
