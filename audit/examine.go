package audit

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"tokenscale/epoch"
)

// An Examiner looks at all entries of a log, one after the other, and says
// which do not fit: to each other, to the tree that was kept, and to
// checkpoints.
type Examiner struct {
	tree   Growing
	marks  []mark
	last   uint64
	at     epoch.Millis
	broken bool // an entry is missing, so the tree ends before it
	fits   int
	read   uint64 // entries
	passed int    // checkpoints that could not be compared
	finds  []Finding

	// The newest sizes at which checkpoints fit: any, and those that were kept
	// elsewhere. Whoever forges a log forges the others with it.
	agreed, trusted uint64
}

// A mark is a checkpoint under the name people know it by.
type mark struct {
	Checkpoint
	name      string
	elsewhere bool
}

// A Finding says that something among the entries First to Last is not as it
// was written, or, if they are zero, that something else is wrong.
type Finding struct {
	First, Last uint64
	Why         string
}

// String returns a sentence for people.
func (f Finding) String() string {
	switch {
	case f.Last == 0:
		return f.Why
	case f.First == f.Last:
		return fmt.Sprintf("entry %d does not fit: %s", f.First, f.Why)
	}
	return fmt.Sprintf("one of the entries %d to %d does not fit: %s", f.First, f.Last, f.Why)
}

// NewExaminer returns an Examiner. node, if not nil, returns the root of a
// whole subtree as it was kept, and whether one was.
func NewExaminer(node func(level int, n uint64) (Hash, bool)) *Examiner {
	x := &Examiner{}
	if node != nil {
		x.tree.Made = func(level int, n uint64, h Hash) {
			if kept, ok := node(level, n); ok && kept != h {
				x.find(n<<level+1, (n+1)<<level, "the tree that is kept of the log has another root there")
			}
		}
	}
	return x
}

// Expect has the log compared with a checkpoint, which was stored with it or
// kept elsewhere. Call it before the first Entry.
func (x *Examiner) Expect(name string, c Checkpoint, elsewhere bool) {
	x.marks = append(x.marks, mark{c, name, elsewhere})
	slices.SortStableFunc(x.marks, func(a, b mark) int { return cmp.Compare(a.Size, b.Size) })
}

// Find adds a finding of the caller's.
func (x *Examiner) Find(f Finding) { x.finds = append(x.finds, f) }

func (x *Examiner) find(first, last uint64, format string, args ...any) {
	x.Find(Finding{first, last, fmt.Sprintf(format, args...)})
}

// Entry takes the next entry: its number, its time and its leaf.
func (x *Examiner) Entry(seq uint64, at epoch.Millis, leaf Hash) {
	switch {
	case seq != x.last+1:
		x.find(x.last+1, x.last+1, "it is missing; entry %d follows entry %d", seq, x.last)
		x.broken = true
	case at < x.at:
		x.find(seq, seq, "it is older than the entry before it")
	}
	x.last, x.at = seq, max(x.at, at)
	x.read++
	if x.broken {
		return
	}
	x.tree.Add(leaf)
	x.compareUpTo(seq, at)
}

// Unread takes the entries first to last, which cannot be read, by the root that is known of them.
// They are examined in no other way, and a checkpoint that ends between them cannot be compared.
func (x *Examiner) Unread(first, last uint64, root Hash) {
	whole := bits.OnesCount64(last+1-first) == 1
	if first != x.last+1 || !whole || !x.broken && !x.tree.AddTree(bits.TrailingZeros64(last+1-first), root) {
		x.find(first, last, "they cannot be read, and the tree over the log cannot go on behind them")
		x.broken = true
	}
	x.last = last
	for len(x.marks) > 0 && x.marks[0].Size >= first && x.marks[0].Size < last {
		x.passed++
		x.marks = x.marks[1:]
	}
	if !x.broken {
		x.compareUpTo(last, x.at)
	}
}

// compareUpTo compares the tree as it is now with checkpoints of its size.
func (x *Examiner) compareUpTo(seq uint64, at epoch.Millis) {
	for len(x.marks) > 0 && x.marks[0].Size <= seq {
		x.compare(x.marks[0], at)
		x.marks = x.marks[1:]
	}
}

// compare holds the tree as it is now against a checkpoint of its size.
func (x *Examiner) compare(m mark, at epoch.Millis) {
	switch {
	case m.Size == 0:
		return // it says nothing
	case m.Root != x.tree.Root():
		x.find(x.since(m), m.Size, "%s, made %s, was signed over other entries", m.name, m.Time)
	case m.Time < at:
		x.find(m.Size, m.Size, "%s, which covers it, was made before it, at %s", m.name, m.Time)
	default:
		x.agreed = m.Size
		x.fits++
		if m.elsewhere {
			x.trusted = m.Size
		}
	}
}

// since returns the first entry that may be to blame if m does not fit.
func (x *Examiner) since(m mark) uint64 {
	if m.elsewhere {
		return min(x.trusted+1, m.Size)
	}
	return min(x.agreed+1, m.Size)
}

// Size returns the number of the last entry.
func (x *Examiner) Size() uint64 { return x.last }

// Time returns the time of the last entry.
func (x *Examiner) Time() epoch.Millis { return x.at }

// Root returns the root of the tree over all entries.
func (x *Examiner) Root() Hash { return x.tree.Root() }

// Fits returns how many checkpoints the log fits.
func (x *Examiner) Fits() int { return x.fits }

// Read returns how many entries were taken one by one.
func (x *Examiner) Read() uint64 { return x.read }

// Passed returns how many checkpoints could not be compared, because they end between entries that
// cannot be read.
func (x *Examiner) Passed() int { return x.passed }

// Covered returns the size of the largest checkpoint that the log fits.
func (x *Examiner) Covered() uint64 { return x.agreed }

// End returns what was found, by entry, the first of them first.
func (x *Examiner) End() []Finding {
	for _, m := range x.marks {
		switch {
		case m.Size > x.last:
			x.find(min(x.since(m), x.last+1), x.last+1, "the log ends with entry %d, and %s, made %s, was signed when there were %d",
				x.last, m.name, m.Time, m.Size)
		case x.broken:
			x.find(x.since(m), m.Size, "%s, made %s, was signed over entries some of which are missing", m.name, m.Time)
		}
	}
	x.marks = nil
	slices.SortStableFunc(x.finds, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.place(), b.place()), cmp.Compare(b.First, a.First))
	})
	return x.finds
}

// place orders findings: those about no entry come last.
func (f Finding) place() uint64 {
	if f.Last == 0 {
		return math.MaxUint64
	}
	return f.Last
}
