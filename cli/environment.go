package cli

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// errSetting marks a setting that nobody knows.
var errSetting = errors.New("unknown setting")

// tidyEnvironment makes an empty variable an unset one, as containers and
// scripts mean it, and takes off the line end that a value has when it was read
// from a file.
func tidyEnvironment(known []string) error {
	for _, name := range known {
		value, set := os.LookupEnv(name)
		if !set {
			continue
		}
		var err error
		if tidy := strings.TrimSpace(value); tidy == "" {
			err = os.Unsetenv(name)
		} else if tidy != value {
			err = os.Setenv(name, tidy)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkEnvironment refuses variables that look like ours and are none: a
// misspelt setting would otherwise silently not hold.
func checkEnvironment(known []string) error {
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if runtime.GOOS == "windows" { // where the case of a name means nothing
			name = strings.ToUpper(name)
		}
		if !isOurs(name) || strings.TrimSpace(value) == "" || slices.Contains(known, name) || isServiceLink(name, value) {
			continue
		}
		return fmt.Errorf("%w %s in the environment%s; --help lists all there are", errSetting, name, meant(name, known))
	}
	return nil
}

// isOurs reports whether a variable looks like one of our settings.
func isOurs(name string) bool { return strings.HasPrefix(strings.ToUpper(name), "TOKENSCALE_") }

// meant asks whether the closest of the known words was meant, if one is close.
func meant(name string, known []string) string {
	closest, best := "", len(name)/3+1
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToUpper(name), strings.ToUpper(k)); d < best {
			closest, best = k, d
		}
	}
	if closest == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s?", closest)
}

// isServiceLink reports whether a variable is one of those that Kubernetes
// sets in every container for a service called tokenscale, or tokenscale-more.
func isServiceLink(name, value string) bool {
	link := regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	return link.MatchString(name) || strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://")
}
