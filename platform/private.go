package platform

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Private refuses a file with a secret that somebody else can read or change,
// and one that belongs to another user, who can make it so. Root may own it: who
// is root can do all. So may a group read and write it that this process belongs
// to, because Kubernetes (fsGroup) gives it those bits at each mount; remark then
// says so.
func Private(path string, info fs.FileInfo) (remark string, err error) {
	mode := info.Mode()
	if !mode.IsRegular() {
		return "", fmt.Errorf("%s is not a plain file (its mode is %v)", path, mode)
	}
	if !HasModes {
		return "", nil
	}
	owner, group, ok := Owner(info)
	if !ok || owner != 0 && owner != os.Geteuid() {
		return "", fmt.Errorf("%s belongs to another user, who can change it: run this as that user, or chown it to the one that runs the server", path)
	}
	if mode.Perm()&0o007 != 0 {
		return "", fmt.Errorf("%s has the mode %04o, so every user of the machine can get at it: chmod o-rwx %s (of a Kubernetes Secret, set defaultMode: 0440)", path, mode.Perm(), path)
	}
	if mode.Perm()&0o070 == 0 {
		return "", nil
	}
	if !isOwnGroup(group) {
		return "", fmt.Errorf("%s has the mode %04o and the group %d, which this process does not belong to: chmod g-rwx %s", path, mode.Perm(), group, path)
	}
	return fmt.Sprintf("%s has the mode %04o: whoever belongs to the group %d, as this process does, can get at it", path, mode.Perm(), group), nil
}

// Shut refuses a folder into which somebody else may put files.
func Shut(path string, info fs.FileInfo) error {
	if !HasModes {
		return nil
	}
	mode := info.Mode().Perm()
	if mode&0o002 != 0 {
		return fmt.Errorf("%s has the mode %04o, so every user of the machine can put files there: chmod o-w %s, or use a folder in it", path, mode, path)
	}
	if _, group, ok := Owner(info); mode&0o020 != 0 && ok && !isOwnGroup(group) {
		return fmt.Errorf("%s has the mode %04o and the group %d, which this process does not belong to: chmod g-w %s", path, mode, group, path)
	}
	return nil
}

// isOwnGroup reports whether this process belongs to a group.
func isOwnGroup(group int) bool {
	more, err := os.Getgroups()
	return group == os.Getegid() || err == nil && slices.Contains(more, group)
}

// mostLinks is how many links may stand one behind the other, as for the system.
const mostLinks = 40

// Follow returns the path of the file that path leads to. Where that is by
// a link, nobody else may be able to put another one there: each folder on the
// way, from the root on, must belong to root or to us, and nobody else may write
// to it, unless only who owns an entry may take it away, as in /tmp. So are
// Kubernetes' Secrets, in which all files are links.
func Follow(path string) (string, error) {
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return path, err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	root := filepath.VolumeName(full) + string(filepath.Separator)
	w := way{path: path, at: root, ahead: steps(full[len(root):])}
	return w.walk()
}

// A way goes from the root to a file, link by link.
type way struct {
	path  string   // what was asked for
	at    string   // how far it has come
	ahead []string // what is left
	links int
}

func steps(path string) []string {
	return slices.DeleteFunc(strings.Split(path, string(filepath.Separator)), func(s string) bool { return s == "" || s == "." })
}

func (w *way) walk() (string, error) {
	for len(w.ahead) > 0 {
		if err := w.step(); err != nil {
			return "", err
		}
	}
	return w.at, nil
}

// step goes one name further.
func (w *way) step() error {
	name := w.ahead[0]
	w.ahead = w.ahead[1:]
	if name == ".." { // of where the links have led
		w.at = filepath.Dir(w.at)
		return nil
	}
	next := filepath.Join(w.at, name)
	info, err := os.Lstat(next)
	if err != nil {
		return err
	}
	if err := w.trust(info); err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		w.at = next
		return nil
	}
	return w.jump(next)
}

// jump goes on where a link leads to.
func (w *way) jump(link string) error {
	if w.links++; w.links > mostLinks {
		return fmt.Errorf("%s: too many links, one behind the other", w.path)
	}
	target, err := os.Readlink(link)
	if err != nil {
		return err
	}
	if filepath.IsAbs(target) {
		w.at = filepath.VolumeName(target) + string(filepath.Separator)
		target = target[len(w.at):]
	}
	w.ahead = append(steps(target), w.ahead...)
	return nil
}

// trust refuses an entry of the folder w.at that somebody else could replace.
func (w *way) trust(info fs.FileInfo) error {
	if !HasModes {
		return nil
	}
	folder, err := os.Stat(w.at)
	if err != nil {
		return err
	}
	if !isOurs(folder) {
		return fmt.Errorf("%s is a link, and the folder %s on its way belongs to another user, who can put another one there: give the path of the file itself", w.path, w.at)
	}
	shut := Shut(w.at, folder)
	sticky := folder.Mode()&fs.ModeSticky != 0 && isOurs(info)
	if shut != nil && !sticky {
		return fmt.Errorf("%s is a link, behind which another file may be put: on its way %w", w.path, shut)
	}
	return nil
}

// isOurs reports whether a file belongs to us or to root.
func isOurs(info fs.FileInfo) bool {
	owner, _, ok := Owner(info)
	return ok && (owner == 0 || owner == os.Geteuid())
}
