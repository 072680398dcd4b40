package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"

	"tokenscale/app"
	"tokenscale/platform"
)

// errNotRunning means that no server answers at the socket.
var errNotRunning = errors.New("no server is running")

// fetchBackup has the server that runs on folder write a copy of its store to
// w.
func fetchBackup(ctx context.Context, folder string, w io.Writer) error {
	res, done, err := askServer(ctx, folder, "/backup")
	if err != nil {
		return err
	}
	defer done()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the running server makes no backup: %s", reason(res))
	}
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("the backup broke off: %w", err)
	}
	return nil
}

// askServer posts to the server that runs on folder. done frees the answer.
func askServer(ctx context.Context, folder, path string) (res *http.Response, done func(), err error) {
	socket, closed, err := platform.SocketPath(folder, app.SocketName)
	switch {
	case errors.Is(err, fs.ErrNotExist): // nor is there a folder
		return nil, nil, errNotRunning
	case err != nil:
		return nil, nil, err
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tokenscale"+path, nil)
	if err == nil {
		res, err = client.Do(req)
	}
	if err != nil {
		client.CloseIdleConnections()
		closed()
		if platform.NobodyListens(err) {
			return nil, nil, errNotRunning
		}
		return nil, nil, fmt.Errorf("asking the running server: %w", err)
	}
	return res, func() { _ = res.Body.Close(); client.CloseIdleConnections(); closed() }, nil
}

// reason returns the sentence of a refusal.
func reason(res *http.Response) string {
	why, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // what is missing of it is not missed
	return strings.TrimSpace(string(why))
}

// fetchCheckpoint returns a checkpoint from the server that runs on folder.
func fetchCheckpoint(ctx context.Context, folder string) (string, error) {
	return fetchText(ctx, folder, "/checkpoint", "makes no checkpoint")
}

// fetchVerifierKey returns the key that checks those checkpoints.
func fetchVerifierKey(ctx context.Context, folder string) (string, error) {
	return fetchText(ctx, folder, "/verifier-key", "tells no key")
}

// fetchText returns a short answer of the server that runs on folder. refused says what it does not
// do if it answers with a refusal.
func fetchText(ctx context.Context, folder, path, refused string) (string, error) {
	res, done, err := askServer(ctx, folder, path)
	if err != nil {
		return "", err
	}
	defer done()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the running server %s: %s", refused, reason(res))
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	return string(text), err
}
