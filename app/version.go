package app

import (
	"fmt"
	"runtime/debug"
)

// A Version says what was built. The zero Version is a build by hand.
type Version struct {
	Number   string // semantic, such as 1.2.3
	Build    string // a number that rises with every build
	Revision string // of the source, in hexadecimal digits
}

// String returns v in the form that LogScale's clients take apart:
// <semver>--build-<n>--sha-<hex>. What the build did not say is taken from
// the source control stamp of the binary, or is zero.
func (v Version) String() string {
	if v.Number == "" {
		v.Number = "0.1.0"
	}
	if v.Build == "" {
		v.Build = "0"
	}
	if v.Revision == "" {
		v.Revision = stampedRevision()
	}
	return fmt.Sprintf("%s--build-%s--sha-%s", v.Number, v.Build, v.Revision)
}

func stampedRevision() string {
	const unknown, length = "0000000", 9
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= length {
			return s.Value[:length]
		}
	}
	return unknown
}
