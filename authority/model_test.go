package authority_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// The naive model: tokens as the contract tells of them, and a policy that
// does all its work in the moment it is set.
type naive struct {
	policy policy.Security
	lines  map[string]*line // by token string
}

// A line is one token string that was ever handed out.
type line struct {
	id          token.ID
	born, end   epoch.Millis // end is zero for never
	filter      ipfilter.ID
	permissions permission.Set
	note        string
	shadow      string // the string that works out its grace behind this one
	replaced    bool
	gone        bool
}

func (l *line) cap(limit epoch.Millis) {
	if l.end == 0 || l.end > limit {
		l.end = limit
	}
}

func (n *naive) set(s policy.Security, now epoch.Millis) {
	n.policy = s
	for _, l := range n.lines {
		limit := l.born + epoch.Millis(s.MaxAgeMs)
		switch {
		case !s.Enabled:
			l.gone = true
		// One that has expired may be listed for some minutes more.
		case s.MaxAgeMs > 0 && limit <= now:
			l.gone = l.gone || n.works(l, now)
		case s.MaxAgeMs > 0:
			l.cap(limit)
		}
		if s.FilterID != "" {
			l.filter = s.FilterID
		}
	}
}

func (n *naive) works(l *line, now epoch.Millis) bool { return !l.gone && (l.end == 0 || now < l.end) }

// machine is the naive model and the real server side by side.
type machine struct {
	mending int
	h       *authoritytest.House
	n       *naive
	filters []ipfilter.ID // an open one and one that lets nobody in from here
	secrets []string
	time    epoch.Millis // what it was
}

// now returns what time it is, which is never before what it was, nor before
// what the clock says.
func (m *machine) now() epoch.Millis {
	now := m.h.ClockState().Now
	if now < m.time || now < m.h.Clock.Millis() {
		panic(fmt.Sprintf("it is %v, it was %v, and the clock says %v", now, m.time, m.h.Clock.Millis()))
	}
	m.time = now
	return now
}

// allows tells whether a token with the filter may be used from here.
func (m *machine) allows(id ipfilter.ID) bool { return id != m.filters[1] }

func (m *machine) add(t token.Token, s token.Secret) *line {
	l := &line{id: t.ID, born: t.CreatedAt, end: t.ExpireAt, filter: t.FilterID, permissions: t.Permissions, note: t.Note}
	m.n.lines[s.Reveal()] = l
	m.secrets = append(m.secrets, s.Reveal())
	return l
}

func (m *machine) create(t *rapid.T) {
	d := draft("x")
	if after := rapid.SampledFrom([]epoch.Millis{0, 1, 1000, 100_000, 8 * 86_400_000, 20 * 86_400_000}).Draw(t, "expires after"); after > 0 {
		at := m.now() + after
		d.Expiry.At = &at
	}
	d.FilterID = rapid.SampledFrom(append(m.filters, "")).Draw(t, "filter")
	d.Note = rapid.SampledFrom(someNotes).Draw(t, "note")
	p := m.n.policy
	limit := m.now() + epoch.Millis(p.MaxAgeMs)
	may := p.Enabled && (p.FilterID == "" || d.FilterID == "" || d.FilterID == p.FilterID) &&
		(p.MaxAgeMs == 0 || d.Expiry.At == nil || *d.Expiry.At <= limit)
	made, secret, err := m.h.CreateToken(context.Background(), as(root(), "createSystemToken"), d)
	if (err == nil) != may {
		t.Fatalf("creating %+v under %+v: %v", d, p, err)
	}
	if err != nil {
		return
	}
	l := m.add(made, secret)
	want := line{id: l.id, born: m.now(), filter: d.FilterID, permissions: health, note: d.Note}
	if d.Expiry.At != nil {
		want.end = *d.Expiry.At
	} else if p.MaxAgeMs > 0 {
		want.end = limit
	}
	if p.FilterID != "" {
		want.filter = p.FilterID
	}
	if *l != want {
		t.Fatalf("made %+v, want %+v", *l, want)
	}
}

// pick draws a token string that was ever handed out, or skips the step.
func (m *machine) pick(t *rapid.T) (string, *line) {
	if len(m.secrets) == 0 {
		t.Skip("there is none")
	}
	s := rapid.SampledFrom(m.secrets).Draw(t, "which")
	return s, m.n.lines[s]
}

func (m *machine) rotate(t *rapid.T) {
	s, l := m.pick(t)
	grace := rapid.SampledFrom([]epoch.Millis{0, 0, 500, 5000}).Draw(t, "grace")
	next, secret, err := m.h.RotateToken(context.Background(), as(root(), "rotateToken"), l.id, int64(grace))
	if may := m.n.works(l, m.now()) && !l.replaced; (err == nil) != may {
		t.Fatalf("rotating %+v: %v", *l, err)
	}
	if err != nil {
		return
	}
	if old := m.n.lines[l.shadow]; old != nil {
		old.gone = true
	}
	r := m.add(next, secret)
	if r.end != l.end || r.born != l.born || r.filter != l.filter || r.permissions != l.permissions || r.note != l.note {
		t.Fatalf("rotated %+v into %+v", *l, *r)
	}
	l.replaced, l.shadow, l.gone = true, "", grace == 0
	if grace > 0 {
		r.shadow = s
		l.cap(m.now() + grace)
	}
}

func (m *machine) update(t *rapid.T) {
	_, l := m.pick(t)
	to := rapid.SampledFrom([]permission.Set{0, health, cluster}).Draw(t, "permissions")
	err := m.h.UpdatePermissions(context.Background(), as(root(), "update"), l.id, to)
	may := m.n.policy.AllowUpdates && m.n.works(l, m.now()) && !l.replaced
	if (err == nil) != may {
		t.Fatalf("updating %+v under %+v: %v", *l, m.n.policy, err)
	}
	if err == nil {
		l.permissions = to
		if old := m.n.lines[l.shadow]; old != nil {
			old.permissions = to
		}
	}
}

// someNotes are what notes are in the model.
var someNotes = []string{"", "", "for ci; call ops", "Ärzte"}

func (m *machine) annotate(t *rapid.T) {
	_, l := m.pick(t)
	to := rapid.SampledFrom(someNotes).Draw(t, "note")
	_, err := m.h.UpdateNote(context.Background(), as(root(), "updateSystemTokenNote"), l.id, to, nil)
	if may := m.n.works(l, m.now()) && !l.replaced; (err == nil) != may {
		t.Fatalf("noting %q on %+v: %v", to, *l, err)
	}
	if err == nil {
		l.note = to
		if old := m.n.lines[l.shadow]; old != nil {
			old.note = to
		}
	}
}

func (m *machine) remove(t *rapid.T) {
	_, l := m.pick(t)
	err := m.h.DeleteToken(context.Background(), as(root(), "deleteToken"), l.id)
	if err != nil && m.n.works(l, m.now()) || err == nil && l.gone {
		t.Fatalf("deleting %+v: %v", *l, err)
	}
	l.gone = true
	if old := m.n.lines[l.shadow]; old != nil && err == nil {
		old.gone = true
	}
}

func (m *machine) set(t *rapid.T) {
	s := policy.Security{
		Enabled:      rapid.SampledFrom([]bool{true, true, true, false}).Draw(t, "enabled"),
		MaxAgeMs:     rapid.SampledFrom([]int64{0, 0, 1, 2000, 50_000}).Draw(t, "maximum"),
		FilterID:     rapid.SampledFrom(append(m.filters, "", "")).Draw(t, "filter"),
		AllowUpdates: rapid.Bool().Draw(t, "updates"),
	}
	impact, err := m.h.Impact(context.Background(), root(), change(s), 0, policy.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	before := m.h.State().Tokens
	if _, err := m.h.SetSecurity(context.Background(), as(root(), setAction), change(s)); err != nil {
		t.Fatal(err)
	}
	promised(t, before, m.h.State().Tokens, impact)
	m.n.set(s, m.now())
	if m.mending == always {
		m.mend(t)
	}
}

type views = map[token.ID]authority.TokenView

// promised fails the test unless the change did what its preview said.
func promised(t *rapid.T, before, after views, i authority.Impact) {
	want := views{}
	for id, v := range before {
		want[id] = v
	}
	for _, a := range i.Tokens {
		if a.Verdict == policy.Delete {
			delete(want, a.Before.ID)
			continue
		}
		a.After.Digest, a.After.DigestKey, a.After.Replaces = token.Digest{}, 0, ""
		want[a.Before.ID] = a.After
	}
	if diff := cmp.Diff(after, want, addresses); diff != "" {
		t.Fatalf("after the change (-got +preview):\n%s", diff)
	}
	if got := i.Deleted + i.Capped + i.Refiltered; got != len(i.Tokens) || got+i.Unchanged != len(before) || i.Deleted != len(before)-len(after) {
		t.Fatalf("the preview counts %d, %d, %d, %d of %d tokens", i.Deleted, i.Capped, i.Refiltered, i.Unchanged, len(before))
	}
}

func (m *machine) passTime(t *rapid.T) {
	m.h.Clock.Pass(rapid.SampledFrom([]time.Duration{1, 499, 500, 1000, 60_000, 400_000, 5 * 86_400_000}).Draw(t, "ms") * time.Millisecond)
	m.housekeeping()
}

// mend brings rows up to date, unless they are never to be.
func (m *machine) mend(*rapid.T) {
	if m.mending == never {
		return
	}
	if err := m.h.Mend(context.Background()); err != nil {
		panic(err)
	}
}

func (m *machine) housekeeping() {
	m.h.Round(context.Background())
	if m.mending == always {
		m.mend(nil)
	}
}

// setClock sets the clock of the machine, while no time passes.
func (m *machine) setClock(t *rapid.T) {
	const year = 365 * 24 * 3600 * 1000
	m.h.Clock.Set(rapid.SampledFrom([]time.Duration{-year, -7_200_000, -1000, -1, 1, 1000, 7_200_000, year}).Draw(t, "ms") * time.Millisecond)
	if err := m.h.FollowClock(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// agree compares what both say about every string that was ever handed out.
func (m *machine) agree(t *rapid.T) {
	for _, s := range m.secrets {
		l := m.n.lines[s]
		actor, outcome := m.h.Verify(s, here)
		want := m.n.works(l, m.now()) && m.allows(l.filter)
		if got := outcome == policy.Accepted; got != want {
			t.Fatalf("%+v is %v", *l, outcome)
		}
		if want && (actor.Permissions != l.permissions || actor.ID != l.id || actor.ExpireAt != l.end || actor.FilterID != l.filter) {
			t.Fatalf("%+v acts as %+v", *l, actor)
		}
		if v, err := m.h.Authority.Token(root(), l.id); m.n.works(l, m.now()) && (err != nil || v.Note != l.note) {
			t.Fatalf("%+v has the note %q, %v", *l, v.Note, err)
		}
	}
}

// When rows are brought up to date.
const (
	never = iota
	sometimes
	always
)

func TestAnyOrderOfChangesLeavesWhatTheNaiveModelSays(t *testing.T) {
	for name, mending := range map[string]int{"rows never brought up to date": never, "sometimes": sometimes, "after each change": always} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				h := authoritytest.Open(t)
				m := &machine{h: h, mending: mending, n: &naive{policy: policy.Fresh().System, lines: map[string]*line{}}}
				m.filters = []ipfilter.ID{filter(t, h, "open", "allow all"), filter(t, h, "office", "allow 10.0.0.0/8")}
				rt.Repeat(map[string]func(*rapid.T){
					"create": m.create, "create another": m.create, "rotate": m.rotate, "update": m.update, "annotate": m.annotate,
					"delete": m.remove, "set policy": m.set, "pass time": m.passTime, "set the clock": m.setClock,
					"reopen": func(*rapid.T) { h.Reopen() }, "mend": m.mend,
					"": m.agree,
				})
				h.Verdict()
				h.Unchecked = true // it was just now
				h.Close()
			})
		})
	}
}
