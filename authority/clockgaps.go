package authority

import (
	"cmp"
	"time"

	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
)

// A gap is time of which nobody can tell whether it really passed: the clock
// of the machine moved on by it while the steady one did not, or while the
// server was off.
type gap struct {
	length epoch.Millis
	left   time.Duration // for how long the server must still run before it is believed
}

// gaps are those that are not believed yet, the older one first. Two are
// enough: a third is added to the second, which is then believed later, but
// the first keeps its time and makes room for it. So each is believed at the
// latest after the server has run for twice clockHold, however many there are.
type gaps [2]gap

// longestGap is longer than any time there was, and two of them can be added.
const longestGap = epoch.Millis(1 << 60)

// gapKeys are where the length of each is kept, and what is left for it. An
// older program reads neither.
var gapKeys = [len(gaps{})][2]string{{"gap", "gap-left"}, {"gap2", "gap2-left"}}

func (g *gaps) add(length epoch.Millis) {
	last := &g[1]
	if *g == (gaps{}) {
		last = &g[0]
	}
	*last = gap{min(last.length+min(length, longestGap), longestGap), clockHold}
}

// ran takes note that the server has run for d.
func (g *gaps) ran(d time.Duration) {
	for i := range g {
		g[i].left = max(0, g[i].left-max(d, 0))
	}
	for range g {
		if g[0].left == 0 {
			g[0], g[1] = g[1], gap{}
		}
	}
}

// length returns how much time is in doubt.
func (g *gaps) length() epoch.Millis { return g[0].length + g[1].length }

// until returns when the last one can be believed at the earliest, if it is
// now; zero if there is none.
func (g *gaps) until(now epoch.Millis) epoch.Millis {
	if *g == (gaps{}) {
		return 0
	}
	return now.Add(time.Duration(max(g[0].millis(), g[1].millis())) * time.Millisecond)
}

// millis returns what is left, rounded up, so that no restart shortens it.
func (g gap) millis() uint64 {
	return uint64((g.left + time.Millisecond - 1) / time.Millisecond)
}

// certain returns up to which moment time has certainly come, if it is now.
func (g *gaps) certain(now epoch.Millis) epoch.Millis {
	return min(now, max(0, now-g.length()))
}

func storedGaps(r *rows.Rows, tx store.Reader) (g gaps, err error) {
	for i, keys := range gapKeys {
		length, _, err := r.Numbers.Get(tx, keys[0])
		if err != nil {
			return g, err
		}
		left, _, err := r.Numbers.Get(tx, keys[1])
		if err != nil {
			return g, err
		}
		ms := min(left, uint64(clockHold.Milliseconds()))
		g[i] = gap{epoch.Millis(min(length, uint64(longestGap))), time.Duration(ms) * time.Millisecond}
	}
	g.ran(0) // which leaves out what is over
	return g, nil
}

func putGaps(r *rows.Rows, w store.Writer, g gaps) error {
	for i, keys := range gapKeys {
		if err := cmp.Or(r.Numbers.Put(w, keys[0], uint64(g[i].length)), r.Numbers.Put(w, keys[1], g[i].millis())); err != nil {
			return err
		}
	}
	return nil
}
