package faulttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk is a file system in a file, mounted.
type disk struct {
	image, at string
	options   string
	kind      string
}

// newDisk makes a file system of the kind and size and mounts it. It skips
// the test where that cannot be.
func newDisk(t *testing.T, kind string, mib int, options string) *disk {
	t.Helper()
	needRoot(t, "mount", "mkfs."+kind)
	d := &disk{image: filepath.Join(t.TempDir(), "image"), at: t.TempDir(), options: options, kind: kind}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, int64(mib)<<20); err != nil {
		t.Fatal(err)
	}
	force := "-F"
	if kind == "xfs" {
		force = "-f"
	}
	if out, err := exec.Command("mkfs."+kind, "-q", force, d.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.%s: %v\n%s", kind, err, out)
	}
	if err := d.mount(); err != nil {
		t.Skipf("SKIPPED: no loop device can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(d.at, unix.MNT_DETACH) }) // it may be unmounted
	return d
}

func (d *disk) mount() error {
	options := "loop"
	if d.options != "" {
		options += "," + d.options
	}
	out, err := exec.Command("mount", "-t", d.kind, "-o", options, d.image, d.at).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// cut takes the power from the disk: what is not on it yet never will be.
func (d *disk) cut() error {
	const shutdown, withoutLog = 0x8004587d, 2 // FS_IOC_SHUTDOWN
	f, err := os.Open(d.at)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.IoctlSetPointerInt(int(f.Fd()), shutdown, withoutLog)
}

// again mounts the disk anew, as a start after the cut does.
func (d *disk) again() error {
	if err := unix.Unmount(d.at, 0); err != nil {
		return fmt.Errorf("unmounting: %w", err)
	}
	return d.mount()
}

// sysfs returns the path of what the kernel offers about the disk, which is
// ext4, under name. It skips the test if there is none.
func (d *disk) sysfs(t *testing.T, name string) string {
	t.Helper()
	var s unix.Stat_t
	must(t, unix.Stat(d.at, &s))
	device, err := os.Readlink(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(s.Dev), unix.Minor(s.Dev)))
	must(t, err)
	path := filepath.Join("/sys/fs/ext4", filepath.Base(device), name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	return path
}

// mountTmpfs mounts a file system in memory of the size.
func mountTmpfs(t *testing.T, size string) string {
	t.Helper()
	needRoot(t)
	at := t.TempDir()
	if err := unix.Mount("tmpfs", at, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("SKIPPED: no tmpfs can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
	return at
}

// remove removes a folder for good: the next cut does not bring it back.
func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		t.Fatal(err)
	}
}

// TestAPowerCutEndsWithTheMount has a command run on a host meanwhile, as those of other packages
// do: if it kept a copy of the mounts, what is mounted again would still be cut off.
func TestAPowerCutEndsWithTheMount(t *testing.T) {
	disk := newDisk(t, "ext4", 64, "")
	hosts := newNetwork(t, "elsewhere")
	file := filepath.Join(disk.at, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	unix.Sync()
	other := hosts["elsewhere"].Command("cat")
	stdin, err := other.StdinPipe()
	must(t, err)
	stdout, err := other.StdoutPipe()
	must(t, err)
	must(t, other.Start())
	t.Cleanup(func() { _ = stdin.Close(); _ = other.Wait() })
	_, err = stdin.Write([]byte("."))
	must(t, err)
	_, err = stdout.Read(make([]byte, 1)) // so it runs there
	must(t, err)
	if err := disk.cut(); err != nil {
		t.Skipf("SKIPPED: this kernel cannot cut a file system off: %v", err)
	}
	must(t, disk.again())
	if _, err := os.ReadFile(file); err != nil {
		t.Error(err)
	}
}
