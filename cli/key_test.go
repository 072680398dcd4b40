package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/app"
	"tokenscale/authority/keyring"
)

// While a server rotates, or looks through its store, nobody else changes the key file.
func TestKeysOneAtATime(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "keys")
	if _, err := keyring.Create(file, rand.Reader); err != nil {
		t.Fatal(err)
	}
	key := func(command string) (said string, code int) {
		var out bytes.Buffer
		args := []string{"key", command, "--data", folder, "--key-file", file}
		code = Run(context.Background(), args, app.Options{Now: time.Now, Random: rand.Reader, Stdout: &out, Stderr: &out})
		return out.String(), code
	}
	var asked atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer http.Error(w, "it does not matter what", http.StatusConflict)
		if asked.Add(1) > 2 {
			return
		}
		for _, command := range []string{"add", "rotate", "drop"} {
			if said, code := key(command); code != 1 || !strings.Contains(said, "another command is changing the key file") {
				t.Errorf("during %s key %s exits with %d and says %s", r.URL.Path, command, code, said)
			}
		}
	}))
	listener, err := net.Listen("unix", filepath.Join(folder, app.SocketName))
	if err != nil {
		t.Fatal(err)
	}
	s.Listener = listener
	s.Start()
	defer s.Close()
	for _, command := range []string{"rotate", "drop"} {
		if said, code := key(command); code != 1 || !strings.Contains(said, "it does not matter what") {
			t.Errorf("key %s exits with %d and says %s", command, code, said)
		}
	}
	if asked := asked.Load(); asked != 2 {
		t.Errorf("the server was asked %d times, want 2", asked)
	}
}
