package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"tokenscale/app"
	"tokenscale/store"
)

func TestIsServiceLink(t *testing.T) {
	for entry, want := range map[[2]string]bool{
		{"TOKENSCALE_SERVICE_HOST", "10.0.0.1"}:             true,
		{"TOKENSCALE_SERVICE_PORT", "8080"}:                 true,
		{"TOKENSCALE_SERVICE_PORT_HTTP", "8080"}:            true,
		{"TOKENSCALE_PORT", "tcp://10.0.0.1:8080"}:          true,
		{"TOKENSCALE_PORT_8080_TCP", "tcp://10.0.0.1:8080"}: true,
		{"TOKENSCALE_PORT_8080_TCP_PROTO", "tcp"}:           true,
		{"TOKENSCALE_PAGE_PORT_8080_TCP_ADDR", "10.0.0.1"}:  true,
		{"TOKENSCALE_PORT", "8080"}:                         false,
		{"TOKENSCALE_LISTEN_HOST", "10.0.0.1"}:              false,
		{"TOKENSCALE_SERVICE", "x"}:                         false,
	} {
		if got := isServiceLink(entry[0], entry[1]); got != want {
			t.Errorf("%s=%s: %v, want %v", entry[0], entry[1], got, want)
		}
	}
}

func TestExitCode(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want int
	}{
		{"all is well", nil, 0},
		{"something failed", errors.New("disk on fire"), 1},
		{"the store has stopped, so a supervisor starts us again", fmt.Errorf("closing: %w", errors.Join(errors.New("x"), store.ErrStopped)), 70},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := exitCode(test.err); got != test.want {
				t.Errorf("exitCode = %d, want %d", got, test.want)
			}
		})
	}
}

func TestRunTellsUsageFromFailure(t *testing.T) {
	for args, want := range map[string]int{"--help": 0, "version": 0, "--nope": 2, "--listen=8080": 1, "--log-level=loud": 2} {
		var out, err bytes.Buffer
		if got := Run(context.Background(), []string{args}, app.Options{Now: time.Now, Stdout: &out, Stderr: &err}); got != want {
			t.Errorf("%s exits with %d, want %d\n%s", args, got, want, err.String())
		}
		if (err.Len() > 0) != (want != 0) || (out.Len() > 0) != (want == 0) {
			t.Errorf("%s writes %q and %q; want help on the one, complaints on the other", args, out.String(), err.String())
		}
	}
}

// Containers and scripts set variables to nothing where nothing is meant.
func TestEnvironment_AnEmptyVariableIsAnUnsetOne(t *testing.T) {
	o := app.Options{Now: time.Now, Stdout: io.Discard, Stderr: io.Discard}
	read := func() *kong.Context {
		t.Helper()
		c, err := parse(t.Context(), nil, o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := read()
	names := twins(first.Model.Node)
	if len(names) < 19 {
		t.Fatalf("the settings are only %q", names)
	}
	unset := fmt.Sprintf("%+v", first.Model.Target.Interface())
	for _, blank := range []string{"", " ", "\n"} {
		for _, name := range names {
			t.Setenv(name, blank)
		}
		if set := fmt.Sprintf("%+v", read().Model.Target.Interface()); set != unset {
			t.Errorf("with %q the settings are\n%s\nwant\n%s", blank, set, unset)
		}
	}
}
