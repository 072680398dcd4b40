package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tokenscale/app"
	"tokenscale/authority/archive"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/epoch"
	"tokenscale/store"
)

// auditLog are the commands about the audit log.
type auditLog struct {
	Verify     auditVerify     `cmd:"" help:"Look whether the audit log is as it was written, and agrees with checkpoints and lines kept elsewhere."`
	Checkpoint auditCheckpoint `cmd:"" help:"Print the newest signed checkpoint, to keep elsewhere. A running server is asked for it."`
	Export     auditExport     `cmd:"" help:"Print the audit log as lines of JSON."`
	Key        auditKey        `cmd:"" help:"Print the key that checks the signatures of checkpoints, behind the name of the log. It is no secret."`
}

// errAltered means that the audit log is not as it was written, or not as
// something says that was kept elsewhere.
var errAltered = errors.New("the audit log, or what was kept of it, was changed")

// auditVerify says whether the audit log proves itself.
type auditVerify struct {
	offlineStore
	Checkpoint  []string `placeholder:"FILE" help:"A checkpoint that was kept elsewhere. May be given several times."`
	VerifierKey []string `sep:"none" placeholder:"LINE" help:"What audit key printed before the keys were changed, for checkpoints signed by a key that was dropped since."`
	Export      string   `placeholder:"FILE" help:"Lines of JSON that were written out, or exported, and kept elsewhere."`
}

// Help is printed by --help.
func (auditVerify) Help() string {
	return "Checks every seal, the files of what has left the store (--audit-segments), the numbers and times of the entries, the tree over them, and the signed checkpoints. " +
		"Give at least one checkpoint that was kept elsewhere: without one, entries cut off at the end are not missed, nor is a log written anew by somebody who has the key file. " +
		"The server must be stopped, unless a backup is looked at. Exits with 0 if all is well, with 3 if something does not fit, with 1 if it could not look."
}

// Run is called by kong.
func (c *auditVerify) Run(ctx context.Context, base app.Options) error {
	given, err := readNotes(c.Checkpoint)
	if err != nil {
		return err
	}
	found := 0
	err = c.readPast(ctx, base, func(r store.Reader, past *archive.Segments, keys *keyring.Keys) error {
		trusting, err := ledger.Trusting(r, keys, c.VerifierKey...)
		if err != nil {
			return err
		}
		files, err := past.Survey(ctx, r)
		if err != nil {
			return err
		}
		whole := past.Without(r, files.Left())
		rep, err := ledger.Examine(ctx, whole, trusting, given...)
		if err != nil {
			return err
		}
		found = c.tell(base.Stdout, files, rep, len(given))
		if c.Export == "" {
			return nil
		}
		n, err := c.compare(ctx, base.Stdout, whole, keys)
		found += n
		return err
	})
	if err == nil && found > 0 {
		err = errAltered
	}
	return err
}

// tell prints what was found, and returns how much that is.
func (c *auditVerify) tell(out io.Writer, files archive.Survey, rep ledger.Report, given int) int {
	for _, u := range files.Bad {
		fmt.Fprintf(out, "WRONG: %v\n", u)
	}
	tellFindings(out, rep.Found)
	wrong := len(files.Bad) + len(rep.Found)
	if wrong == 0 {
		fmt.Fprintf(out, "The audit log is whole up to entry %d, of %s: every seal sound, no gap, no step back in time.\n", rep.Size, rep.Time)
	} else {
		fmt.Fprintf(out, "Entries that could be read: %d of %d, the last of %s.\n", rep.Read, rep.Size, rep.Time)
	}
	tellFiles(out, files)
	tellCheckpoints(out, rep, given)
	return wrong
}

// tellFiles prints which of the files of what has left the store are as they were written.
func tellFiles(out io.Writer, files archive.Survey) {
	whole, all := len(files.Whole), len(files.Whole)+len(files.Bad)
	switch {
	case all == 0:
	case whole == all:
		fmt.Fprintf(out, "Up to entry %d they are in %d segments, the file of each as it was written.\n", files.Last(), all)
	default:
		fmt.Fprintf(out, "Segments whose file is as it was written: %d of %d, which go up to entry %d.\n", whole, all, files.Last())
	}
}

// tellCheckpoints prints how far signatures vouch for the log.
func tellCheckpoints(out io.Writer, rep ledger.Report, given int) {
	fmt.Fprintf(out, "It fits %d checkpoints, which cover the entries up to %d. Its root is %s.\n", rep.Fits, rep.Covered, rep.Root)
	if rep.Passed > 0 {
		fmt.Fprintf(out, "%d checkpoints end between entries that could not be read, so they were not compared.\n", rep.Passed)
	}
	if given == 0 {
		fmt.Fprintln(out, "No checkpoint from elsewhere was given, so entries cut off at its end would not be missed here.")
	}
}

// compare compares the log with lines kept elsewhere.
func (c *auditVerify) compare(ctx context.Context, out io.Writer, r store.Reader, keys *keyring.Keys) (int, error) {
	f, err := os.Open(c.Export)
	if err != nil {
		return 0, err
	}
	rep, err := ledger.ExamineExport(ctx, r, keys, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("reading %s: %w", c.Export, err)
	}
	tellFindings(out, rep.Found)
	switch {
	case rep.Passed > 0:
		fmt.Fprintf(out, "%d of the %d lines of %s could not be compared, as the log cannot be read there.\n", rep.Passed, rep.Lines, c.Export)
	case len(rep.Found) == 0:
		fmt.Fprintf(out, "All %d lines of %s say what the log says.\n", rep.Lines, c.Export)
	}
	return len(rep.Found), nil
}

// tellFindings prints the first that does not fit and some of the rest.
func tellFindings[F fmt.Stringer](out io.Writer, found []F) {
	for i, f := range found[:min(maxTold, len(found))] {
		if i == 0 {
			fmt.Fprintf(out, "WRONG, first of all: %v\n", f)
			continue
		}
		fmt.Fprintf(out, "WRONG: %v\n", f)
	}
	if more := len(found) - maxTold; more > 0 {
		fmt.Fprintf(out, "and %d more.\n", more)
	}
}

func readNotes(paths []string) ([]ledger.NamedNote, error) {
	var notes []ledger.NamedNote
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading a checkpoint: %w", err)
		}
		notes = append(notes, ledger.NamedNote{Name: "the checkpoint " + path, Note: string(text)})
	}
	return notes, nil
}

// auditCheckpoint prints the newest checkpoint.
type auditCheckpoint struct{ offlineStore }

// Help is printed by --help.
func (auditCheckpoint) Help() string {
	return "Keep what it prints where nobody who can write to this machine can reach it: on paper, in a mail to yourself, in another log. " +
		"tokenscale audit verify --checkpoint FILE tells later whether any entry up to there was changed, taken out or cut off."
}

// Run is called by kong.
func (c *auditCheckpoint) Run(ctx context.Context, base app.Options) error {
	note, err := c.newest(ctx, base)
	if err != nil {
		return err
	}
	if note == "" {
		return errors.New("the audit log is empty, so there is no checkpoint")
	}
	_, err = io.WriteString(base.Stdout, note)
	return err
}

// newest asks the running server, or makes a checkpoint if none runs.
func (c *auditCheckpoint) newest(ctx context.Context, base app.Options) (string, error) {
	return c.ask(ctx, base, fetchCheckpoint, func(r store.Reader, keys *keyring.Keys) (string, error) {
		return ledger.Sign(r, keys, epoch.Of(base.Now()))
	})
}

// auditExport prints the log.
type auditExport struct {
	offlineStore
	From uint64 `default:"1" placeholder:"NUMBER" help:"The entry to begin with; 1 unless set."`
}

// Run is called by kong.
func (c *auditExport) Run(ctx context.Context, base app.Options) error {
	return c.read(ctx, base, func(r store.Reader, keys *keyring.Keys) error {
		_, err := ledger.Export(ctx, r, keys, c.From, base.Stdout)
		return err
	})
}

// auditKey prints the verifier key.
type auditKey struct{ offlineStore }

// Run is called by kong.
func (c *auditKey) Run(ctx context.Context, base app.Options) error {
	line, err := c.ask(ctx, base, fetchVerifierKey, ledger.VerifierKey)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(base.Stdout, line)
	return err
}
