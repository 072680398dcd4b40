//go:build bench

package figures

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Publish puts text between the marks of a name in performance.md in a folder, and leaves the rest
// of the page as people wrote it.
func Publish(docs, name, text string) error {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
	path := filepath.Join(docs, "performance.md")
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the %s", path, name)
	}
	return os.WriteFile(path, []byte(before+begin+text+end+after), 0o644)
}
