//go:build bench

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"tokenscale/app"
	"tokenscale/cli"
)

// The roles of this program. All of them measure themselves in the same way,
// and tell when asked on standard input; so ours and its reference are held
// against each other by one measure.
var roles = map[string]func(folder string) error{
	"server":    serveOurs,
	"profiled":  serveProfiled,
	"fair":      serveFair,
	"reference": serveReference,
	"raw":       serveRaw,
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serveOurs runs the server as `tokenscale serve` does, on a free port.
func serveOurs(folder string) error { return serve(folder, nil) }

// serveProfiled is the same, while its time is watched.
func serveProfiled(folder string) error {
	p, err := profileFromNow()
	if err != nil {
		return err
	}
	return serve(folder, p.answer)
}

func serve(folder string, do func(words []string) (any, error)) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go answer(do)
	if code := cli.Run(ctx, []string{"--listen", "127.0.0.1:0", "--data", folder, "--log-level", "error"}, app.Options{
		Now: time.Now, Random: rand.Reader, Stdout: os.Stdout, Stderr: os.Stdout,
	}); code != 0 {
		return fmt.Errorf("the server ended with %d", code)
	}
	return nil
}

// mark stands before each answer on standard output.
const mark = "bench: "

// A spending is what a process has used since it began.
type spending struct {
	CPU     time.Duration // of all its threads, in its own code and in the kernel
	Mallocs uint64        // allocations
}

// answer reads questions, one a line, and ends the process when nobody asks
// any more: whoever started it is gone. do answers what only that role knows.
func answer(do func(words []string) (any, error)) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		var found any
		var err error
		if words[0] == "spent" {
			found, err = spent()
		} else {
			found, err = do(words)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			break
		}
		text, _ := json.Marshal(found)
		fmt.Printf("%s%s\n", mark, text)
	}
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
}

func spent() (spending, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return spending{}, err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return spending{time.Duration(u.Utime.Nano() + u.Stime.Nano()), m.Mallocs}, nil
}
