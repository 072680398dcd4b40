package timekeeping_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/clock"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/authority/timekeeping"
	"tokenscale/epoch"
	"tokenscale/store"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A machine has a clock that anybody may set, and one that nobody can.
type machine struct {
	wall   time.Time
	steady time.Duration
	expiry epoch.Millis // of the next token; zero for none

	db  store.DB
	all *rows.Rows
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	return &machine{wall: noon, db: rowstest.Open(t), all: rows.New(rowstest.Keys(t, "a"))}
}

// pass lets time pass on both clocks.
func (m *machine) pass(d time.Duration) { m.wall, m.steady = m.wall.Add(d), m.steady+d }

// start begins as a server does.
func (m *machine) start(t *testing.T, accept bool) *timekeeping.Keeper {
	t.Helper()
	k := timekeeping.New(timekeeping.Options{
		Clock: clock.New(func() time.Time { return m.wall }, func() time.Duration { return m.steady }),
		DB:    m.db, Rows: m.all, Log: slog.New(slog.DiscardHandler),
		NextExpiry: func(after epoch.Millis) epoch.Millis {
			if m.expiry > after {
				return m.expiry
			}
			return 0
		},
	})
	accepted, err := k.Begin(t.Context(), accept)
	if err == nil {
		err = k.NoteFirst(t.Context(), accepted)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// due writes what is due, and reports whether that was anything.
func (m *machine) due(t *testing.T, k *timekeeping.Keeper) bool {
	t.Helper()
	before := m.number(t, rows.ClockKey)
	k.Clock.Look()
	if err := k.WriteDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m.number(t, rows.ClockKey) != before
}

func (m *machine) number(t *testing.T, key string) (n uint64) {
	t.Helper()
	if err := m.db.View(t.Context(), func(r store.Reader) (err error) {
		n, _, err = m.all.Numbers.Get(r, key)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// entries returns the types of all entries.
func (m *machine) entries(t *testing.T) (types []audit.Type) {
	t.Helper()
	if err := m.db.View(t.Context(), func(r store.Reader) error {
		return m.all.Entries.Each(r, store.Range{}, func(_ []byte, e audit.Entry) error {
			types = append(types, e.Type)
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return types
}

func TestTheTimeIsWrittenSoonAfterAnExpiryAndElseOnceAnHour(t *testing.T) {
	m := newMachine(t)
	k := m.start(t, false)
	k.SaveLast(t.Context()) // so that a time stands in the store
	m.expiry = epoch.Of(m.wall.Add(10 * time.Minute))
	for _, step := range []struct {
		name  string
		after time.Duration
		want  bool
	}{
		{"before the expiry", 10*time.Minute - time.Second, false},
		{"at the expiry", time.Second, true},
		{"while nothing expires", time.Hour - time.Second, false},
		{"an hour after it was last written", time.Second, true},
	} {
		m.pass(step.after)
		if got := m.due(t, k); got != step.want {
			t.Errorf("%s it is written: %v, want %v", step.name, got, step.want)
		}
	}
	if ran := time.Duration(m.number(t, rows.RunningKey)) * time.Millisecond; ran != 70*time.Minute {
		t.Errorf("the server has run for %v, want 1h10m", ran)
	}
}

func TestTimeGoesOnFromWhatTheStoreTellsWhateverTheClockSays(t *testing.T) {
	m := newMachine(t)
	k := m.start(t, false)
	m.pass(time.Minute)
	k.Clock.Look()
	k.SaveLast(t.Context())
	saved := epoch.Of(m.wall)
	m.wall = m.wall.Add(-24 * time.Hour)
	if now := m.start(t, false).Clock.Now(); now != saved {
		t.Errorf("after a restart with a clock of yesterday it is %v, want %v", now, saved)
	}
	if got := m.entries(t); !slices.Equal(got, []audit.Type{audit.ClockJumped}) {
		t.Errorf("the log has %v", got)
	}
	if now := m.start(t, true).Clock.Now(); now != epoch.Of(m.wall) {
		t.Errorf("with a clock that is accepted it is %v, want %v", now, m.wall)
	}
	if got := m.entries(t); !slices.Equal(got, []audit.Type{audit.ClockJumped, audit.ClockAccepted}) {
		t.Errorf("the log has %v", got)
	}
}

// A crash in the first hour leaves no time behind but that of what was done.
func TestWithoutATimeInTheStoreTheAuditLogTells(t *testing.T) {
	m := newMachine(t)
	last := epoch.Of(m.wall.Add(30 * time.Minute))
	rowstest.Write(t, m.db, func(w store.Writer) error {
		return ledger.New(m.all).Append(w, audit.Entry{Time: last, Type: audit.TokenChanged, Actor: audit.System()})
	})
	if now := m.start(t, false).Clock.Now(); now != last {
		t.Errorf("it is %v, want %v", now, last)
	}
}
