package history

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBack(t *testing.T) {
	one, other := [16]byte{1}, [16]byte{2}
	was := Point{Revision: 20, Head: 18, Request: one}
	for name, c := range map[string]struct {
		now Point
		why string
	}{
		"nothing has happened":                   {was, ""},
		"no commit has":                          {Point{25, 18, one}, ""},
		"a commit has":                           {Point{25, 23, other}, ""},
		"the newest commit was deleted":          {Point{25, 0, [16]byte{}}, ""},
		"etcd is a new one":                      {Point{3, 2, other}, "it is at revision 3, and was at 20"},
		"it has lost what was no commit":         {Point{19, 18, one}, "it is at revision 19, and was at 20"},
		"it is empty":                            {Point{1, 0, [16]byte{}}, "it is at revision 1, and was at 20"},
		"it was put back and has grown since":    {Point{40, 12, other}, "its newest commit is of revision 12, and there was one of 18"},
		"it was put back and has another commit": {Point{40, 18, other}, "its commit of revision 18 is another one than it was"},
	} {
		if why := Back(was, c.now); why != c.why {
			t.Errorf("%s: %q, want %q", name, why, c.why)
		}
	}
}

// Whatever is done to an etcd that goes on, it is never taken for one that went back; whatever a
// copy of an earlier moment has gained, it is noticed as long as it has not come as far in both.
func TestWhatGoesOnIsNeverBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(p Point, steps string) Point {
			for _, s := range steps {
				switch p.Revision++; s {
				case 'c':
					p.Head, p.Request = p.Revision, [16]byte{byte(rapid.IntRange(0, 255).Draw(t, "request"))}
				case 'd':
					p.Head, p.Request = 0, [16]byte{}
				}
			}
			return p
		}
		steps := func(of, name string) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(strings.Split(of, "")), 0, 9).Draw(t, name), "")
		}
		early := at(Point{Revision: 1}, steps("cnd", "early"))
		was := at(early, steps("cnd", "lost"))
		if why := Back(was, at(was, steps("cnd", "later"))); why != "" {
			t.Errorf("it went on: %s", why)
		}
		now := at(early, steps("cn", "again"))
		if why := Back(was, now); why == "" && (now.Revision < was.Revision || now.Head > 0 && now.Head < was.Head) {
			t.Errorf("from %v to %v", was, now)
		}
	})
}
