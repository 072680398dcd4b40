package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// TestHistoriesSayWhatRewritingSays compares the two worlds in random sequences: batches of calls
// whose clocks were read at different times, crashes, backups put back, a clock that an operator
// sets back, mending and cutting at any time, and a node that hears of commits later.
func TestHistoriesSayWhatRewritingSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if difference := compareWorlds(t, noTrap); difference != "" {
			t.Fatal(difference)
		}
	})
}

// compareWorlds runs one sequence and returns the first difference, or nothing.
func compareWorlds(t *rapid.T, bug trap) string {
	m := &machine{now: start, eager: pair{world: newWorld(true, bug)}, histories: pair{world: newWorld(false, bug)}}
	m.restart()
	step := func(do func(*rapid.T)) func(*rapid.T) {
		return func(t *rapid.T) {
			if m.difference == "" {
				do(t)
			}
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"calls": step(m.calls), "more calls": step(m.calls), "still more calls": step(m.calls), "a preview": step(m.preview),
		"time": step(m.pass), "housekeeping": step(m.housekeeping), "a walk": step(m.walk), "a clock set back": step(m.setBack),
		"a crash": step(m.crash), "a backup": step(m.backup), "a restore": step(m.restore), "the other node": step(m.hear),
		"": step(m.check),
	})
	return m.difference
}

// A command is one call of a batch.
type command struct {
	text  string
	first bool         // it must begin its batch
	lag   epoch.Millis // how long before the batch its clock was read
	do    func(*tx) error
}

type pair struct {
	*world
	index *index
}

type machine struct {
	now              epoch.Millis
	eager, histories pair
	ids              []token.ID // all that were ever made, or would have been
	filters          []ipfilter.ID

	feed       [][]change // what the other node has not heard of
	asOf       []*world   // the eager world after each of those
	other      *index
	otherEager *index

	saved      func()
	trace      []string
	difference string
}

func (m *machine) restart() {
	m.eager.index, m.histories.index = load(m.eager.world, m.now), load(m.histories.world, m.now)
	m.otherEager, m.other, m.feed, m.asOf = load(m.eager.world, m.now), load(m.histories.world, m.now), nil, nil
}

func (m *machine) log(format string, args ...any) {
	m.trace = append(m.trace, fmt.Sprintf(format, args...))
}

func (m *machine) differ(format string, args ...any) {
	if m.difference == "" {
		m.difference = fmt.Sprintf("%s\n  at %d, after:\n    %s", fmt.Sprintf(format, args...), m.now-start, strings.Join(m.trace, "\n    "))
	}
}

// run commits commands; one that must be first begins another batch.
func (m *machine) run(commands ...command) {
	for len(commands) > 0 {
		n := 1
		for n < len(commands) && (!commands[n].first || m.histories.bug.anyPlaceInBatch()) {
			n++
		}
		m.batch(commands[:n])
		commands = commands[n:]
	}
}

func (m *machine) batch(commands []command) {
	m.log("a batch:")
	next := [2]*world{m.eager.world.clone(), m.histories.world.clone()}
	var feeds [2][]change
	for _, c := range commands {
		var codes [2]fault.Code
		for i, p := range []pair{m.eager, m.histories} {
			t := &tx{world: next[i].clone(), index: p.index, now: m.now - c.lag}
			err := c.do(t)
			if codes[i] = fault.CodeOf(err); err == nil { // a refused call leaves nothing behind
				codes[i] = "ok"
				next[i], feeds[i] = t.world, append(feeds[i], t.feed...)
			}
		}
		m.log("  %s (read %d ms before): %s", c.text, c.lag, codes[0])
		if codes[0] != codes[1] {
			m.differ("%s: rewriting says %s, histories say %s", c.text, codes[0], codes[1])
		}
	}
	m.eager.world, m.histories.world = next[0], next[1]
	m.eager.index.follow(true, feeds[0], m.now)
	m.histories.index.follow(false, feeds[1], m.now)
	m.feed, m.asOf = append(m.feed, feeds[1]), append(m.asOf, m.eager.world)
}

// Steps.

func (m *machine) calls(t *rapid.T) {
	var commands []command
	for range rapid.IntRange(1, 4).Draw(t, "calls") {
		commands = append(commands, m.call(t))
	}
	m.run(commands...)
}

// preview compares what the index says that a change would do with what it does.
func (m *machine) preview(t *rapid.T) {
	next := m.anySecurity(t)
	rule := next.Since(m.histories.index.history.System)
	var counts [4]int
	for _, e := range m.histories.index.at {
		if _, v := rule.Judge(e.token, m.now); v != policy.Keep {
			counts[v]++
		}
	}
	before := len(m.eager.world.log)
	m.run(m.setPolicy(next))
	if log := m.eager.world.log; len(log) > before && log[len(log)-1].counts != counts {
		m.differ("the preview said %v, and it did %v", counts, log[len(log)-1].counts)
	}
}

func (m *machine) pass(t *rapid.T) {
	m.now += rapid.SampledFrom([]epoch.Millis{1, 2, 3, 4}).Draw(t, "ms")
	m.log("it is %d", m.now-start)
}

// minutes are longer than an expired token is listed.
var minutes = epoch.Millis(policy.ListedExpired.Milliseconds()) + 8

func (m *machine) housekeeping(t *rapid.T) {
	if rapid.Bool().Draw(t, "right after a change") {
		m.run(m.setPolicy(m.anySecurity(t)))
	}
	if rapid.Bool().Draw(t, "minutes later") {
		m.now += minutes
	}
	m.run(command{text: "housekeeping", do: func(x *tx) error { x.hide(); return nil }})
	if rapid.IntRange(0, 5).Draw(t, "days later") == 0 {
		m.run(command{text: "forget hidden tokens", do: func(x *tx) error { x.forgetHidden(); return nil }})
	}
}

// walk mends all rows, batch by batch and with calls between, and cuts what none of them needs.
func (m *machine) walk(t *rapid.T) {
	newest, places := m.histories.history.Newest, m.histories.places()
	for chunk := range slices.Chunk(places, 2) {
		m.run(command{text: fmt.Sprint("mend ", chunk), do: func(x *tx) error { x.mend(chunk); return nil }})
		if rapid.IntRange(0, 3).Draw(t, "calls between") == 0 {
			m.calls(t)
		}
	}
	m.run(command{text: fmt.Sprint("cut ", newest), do: func(x *tx) error { x.cut(newest); return nil }})
}

// setBack starts anew with a clock that an operator accepts.
func (m *machine) setBack(t *rapid.T) {
	m.now -= rapid.SampledFrom([]epoch.Millis{1, 4, 12, minutes}).Draw(t, "back")
	m.log("the clock is set back to %d", m.now-start)
	m.run(command{text: "bring back", do: func(x *tx) error { x.bringBack(); return nil }})
	m.restart()
}

func (m *machine) crash(*rapid.T) {
	m.log("a crash and a start")
	m.restart()
}

func (m *machine) backup(*rapid.T) {
	m.log("a backup")
	eager, histories := m.eager.world, m.histories.world
	m.saved = func() { m.eager.world, m.histories.world = eager, histories }
}

func (m *machine) restore(*rapid.T) {
	if m.saved != nil {
		m.log("the backup is put back")
		m.saved()
		m.restart()
	}
}

func (m *machine) hear(*rapid.T) {
	if len(m.feed) > 0 {
		m.other.follow(false, m.feed[0], m.now)
		m.otherEager = load(m.asOf[0], m.now)
		m.feed, m.asOf = m.feed[1:], m.asOf[1:]
	}
	m.same("the other node", m.otherEager, m.other)
}

// Calls.

func (m *machine) newID() token.ID {
	m.ids = append(m.ids, token.ID(fmt.Sprint("t", len(m.ids))))
	return m.ids[len(m.ids)-1]
}

// anyID draws one of the newest tokens.
func (m *machine) anyID(t *rapid.T) token.ID {
	if len(m.ids) == 0 {
		return "none"
	}
	return rapid.SampledFrom(m.ids[max(0, len(m.ids)-6):]).Draw(t, "id")
}

func (m *machine) anyFilter(t *rapid.T) ipfilter.ID {
	return rapid.SampledFrom(append([]ipfilter.ID{"", "", ""}, m.filters...)).Draw(t, "filter")
}

func (m *machine) anySecurity(t *rapid.T) policy.Security {
	return policy.Security{
		Enabled: rapid.IntRange(0, 4).Draw(t, "enabled") > 0, FilterID: m.anyFilter(t), AllowUpdates: rapid.IntRange(0, 3).Draw(t, "updates") > 0,
		MaxAgeMs: rapid.SampledFrom([]int64{0, 0, 1, 2, 3, 5, 8}).Draw(t, "maximum"),
	}
}

func (m *machine) setPolicy(s policy.Security) command {
	return command{text: fmt.Sprintf("policy %+v", s), first: true, do: func(x *tx) error { return x.setPolicy(s) }}
}

func (m *machine) call(t *rapid.T) command {
	c := m.anyCall(t)
	c.lag = rapid.SampledFrom([]epoch.Millis{0, 0, 0, 1, 2}).Draw(t, "lag")
	return c
}

func (m *machine) anyCall(t *rapid.T) command {
	switch rapid.SampledFrom([]string{
		"create", "create", "policy", "policy", "rotate", "rotate", "regrant", "delete", "act", "filter", "edit", "unfilter", "mend", "cut",
	}).Draw(t, "call") {
	case "create":
		return m.create(t)
	case "policy":
		return m.setPolicy(m.anySecurity(t))
	case "rotate":
		id, next := m.anyID(t), m.newID()
		grace := time.Duration(rapid.SampledFrom([]int{0, 0, 1, 2, 4}).Draw(t, "grace")) * time.Millisecond
		return command{text: fmt.Sprintf("rotate %s to %s in %s", id, next, grace), do: func(x *tx) error { return x.rotate(id, grace, next) }}
	case "regrant":
		id, to := m.anyID(t), permission.Set(rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "to"))
		return command{text: fmt.Sprintf("regrant %s %d", id, to), do: func(x *tx) error { return x.regrant(id, to) }}
	case "delete":
		id := m.anyID(t)
		return command{text: "delete " + string(id), do: func(x *tx) error { return x.remove(id) }}
	case "act":
		id := m.anyID(t)
		return command{text: "act as " + string(id), do: func(x *tx) error { return x.act(id) }}
	case "filter":
		return m.makeFilter(t)
	case "edit", "unfilter":
		return m.changeFilter(t)
	case "mend":
		places := slices.DeleteFunc(m.histories.places(), func(place) bool { return rapid.Bool().Draw(t, "mended") })
		return command{text: fmt.Sprint("mend ", places), do: func(x *tx) error { x.mend(places); return nil }}
	default: // what no row needs, as they are before the batch
		least := m.histories.history.Newest
		for _, r := range m.histories.rows {
			least = min(least, r.stamp)
		}
		return command{text: fmt.Sprint("cut ", least), do: func(x *tx) error { x.cut(least); return nil }}
	}
}

func (m *machine) create(t *rapid.T) command {
	d := policy.Draft{Name: "x", Permissions: permission.All, FilterID: m.anyFilter(t)}
	if in := rapid.SampledFrom([]epoch.Millis{0, 0, 1, 2, 4, 6}).Draw(t, "expires in"); in > 0 {
		at := m.now + in
		d.Expiry.At = &at
	}
	id := m.newID()
	return command{text: fmt.Sprintf("create %s %+v", id, d), do: func(x *tx) error { return x.create(d, id) }}
}

var texts = []string{"allow 10.0.0.0/8", "allow 192.0.2.0/24", "allow all", "deny all"}

func (m *machine) makeFilter(t *rapid.T) command {
	id, text := ipfilter.ID(fmt.Sprint("f", len(m.filters))), rapid.SampledFrom(texts).Draw(t, "text")
	if len(m.filters) < 4 {
		m.filters = append(m.filters, id)
	}
	return command{text: fmt.Sprintf("filter %s %s", id, text), do: func(x *tx) error { return x.setFilter(id, text) }}
}

func (m *machine) changeFilter(t *rapid.T) command {
	id := m.anyFilter(t)
	if rapid.Bool().Draw(t, "deleted") {
		return command{text: "delete filter " + string(id), first: true, do: func(x *tx) error { return x.dropFilter(id) }}
	}
	text := rapid.SampledFrom(texts).Draw(t, "text")
	return command{text: fmt.Sprintf("edit filter %s %s", id, text), do: func(x *tx) error {
		if _, ok := x.world.filters[id]; !ok {
			return errNone
		}
		return x.setFilter(id, text)
	}}
}

// What must agree.

// same compares whom two nodes accept, and what they list.
func (m *machine) same(who string, a, b *index) {
	if len(b.damaged) > 0 {
		m.differ("%s: damaged: %v", who, b.damaged)
	}
	for _, id := range m.ids {
		for _, from := range addrs {
			x, xo := a.accepts(id, from, m.now)
			y, yo := b.accepts(id, from, m.now)
			if (xo == policy.Accepted) != (yo == policy.Accepted) || x != y {
				m.differ("%s: %s from %s: rewriting %v %+v, histories %v %+v", who, id, from, xo, x, yo, y)
			}
		}
		x, y := a.byID[id], b.byID[id]
		if x != y {
			m.differ("%s: %s is listed as %+v by rewriting, as %+v by histories", who, id, x, y)
		}
		if _, v := b.history.System.Judge(y.token, m.now); y.number != 0 && !y.token.Expired(m.now) && v != policy.Keep {
			m.differ("%s: %s lives against the policy: %+v", who, id, y)
		}
		if _, there := b.filters[y.token.FilterID]; y.token.FilterID != "" && !there {
			m.differ("%s: %s has the filter %s, which is not there", who, id, y.token.FilterID)
		}
	}
}

func (m *machine) check(*rapid.T) {
	m.same("this node", m.eager.index, m.histories.index)
	m.same("a node that starts", m.eager.index, load(m.histories.world, m.now))
	if want, got := m.eager.counts(), m.histories.counts(); !slices.Equal(want, got) {
		m.differ("the counts of the changes: rewriting %v, histories %v", want, got)
	}
	for _, id := range m.ids {
		want, got := m.eager.rewritten(id), m.histories.expanded(id)
		if !slices.Equal(want, got) {
			m.differ("the log about %s:\nrewriting %q\nhistories %q", id, want, got)
		}
	}
}

// counts returns how many tokens each change of the policies touched, by verdict.
func (w *world) counts() (all [][4]int) {
	for _, e := range w.log {
		if e.kind == "policy" {
			all = append(all, e.counts)
		}
	}
	return all
}

// rewritten returns what the log says of a token if each change lists what it did.
func (w *world) rewritten(id token.ID) []string {
	var story []string
	for _, e := range w.log {
		if e.about == id || e.old == id {
			story = append(story, e.kind+" "+e.text)
		}
		for _, n := range e.now {
			if n.id == id {
				story = append(story, n.what)
			}
		}
	}
	return story
}

// expanded returns what the log says of a token, with what each change did to it by its number and
// slot: a token stands in slot 0 until it is rotated. What is not listed is not told of.
func (w *world) expanded(id token.ID) []string {
	var story []string
	var at place
	var made epoch.Millis
	listed := false
	for _, e := range w.log {
		if e.about == id || e.old == id {
			story = append(story, e.kind+" "+e.text)
		}
		switch {
		case e.old == id:
			at.grace, listed = true, e.grace
		case e.about == id && e.number != 0:
			at, made, listed = place{number: e.number}, e.made, true
		case e.about == id && e.kind != "regrant":
			listed = e.kind == "return"
		}
		for _, d := range e.did {
			if d.place != at || !listed {
				continue
			}
			limit, _ := policy.Security{Enabled: true, MaxAgeMs: e.rule.MaxAgeMs}.Judge(token.Token{CreatedAt: made}, e.at)
			story = append(story, tell(e.change, id, d.verdict, d.refiltered, e.rule, limit.ExpireAt).what)
		}
	}
	return story
}
