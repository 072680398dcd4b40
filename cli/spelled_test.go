package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"tokenscale/app"
)

// parsed reads a command line without carrying it out.
func parsed(args ...string) (*kong.Context, error) {
	var out bytes.Buffer
	return parse(context.Background(), args, app.Options{Stdout: &out, Stderr: &out})
}

// --data="$DATA" is what scripts and manifests write, and the variable may be
// empty or come from a file with a line end.
func TestABlankFlagIsAnUnsetOne(t *testing.T) {
	unset, err := parsed("serve")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range unset.Selected().Flags {
		if f.Name == "help" {
			continue
		}
		for _, blank := range []string{"", " ", "\n", "\t "} {
			lines := [][]string{{"serve", "--" + f.Name + "=" + blank}, {"--" + f.Name + "=" + blank}}
			if !f.IsBool() {
				lines = append(lines, []string{"serve", "--" + f.Name, blank})
			}
			for _, args := range lines {
				given, err := parsed(args...)
				if err != nil {
					t.Errorf("%q: %v", args, err)
				} else if has, want := value(given, f.Name), value(unset, f.Name); has != want {
					t.Errorf("%q is %v, want %v as if it were not given", args, has, want)
				}
			}
		}
	}
	c, err := parsed("--key-file= keys \n", "--log-level", " debug ", "--listen=127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"key-file": "keys", "log-level": "DEBUG", "listen": "127.0.0.1:0"}
	for name, want := range want {
		if has := value(c, name); has != want {
			t.Errorf("--%s is %q, want %s", name, has, want)
		}
	}
}

// value returns what a flag has come out as.
func value(c *kong.Context, flag string) string {
	for _, f := range c.Selected().Flags {
		if f.Name == flag {
			return fmt.Sprint(f.Target.Interface())
		}
	}
	return "no such flag"
}

func TestABlankIsStillRefusedWhereNobodyKnowsTheFlag(t *testing.T) {
	for _, args := range [][]string{{"--data-folder="}, {"--listen"}, {"", "--data=x"}, {"--log-level=loud"}, {"--log-level=warning"}} {
		if _, err := parsed(args...); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	if _, err := parsed("--log-level=warning"); err == nil || !strings.Contains(err.Error(), "debug, info, warn or error") {
		t.Errorf("the levels are not told: %v", err)
	}
}
