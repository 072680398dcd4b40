package policy_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// Two worlds are given the same commands. The eager one rewrites every token at each change of the
// policies. The other one stores a history and stamps, and folds. Nobody may be able to tell them
// apart: not by who is accepted, nor by what is listed, nor by what the log says of each token.
//
// Both share the code of the commands on purpose: only when rows are rewritten differs. Whether the
// rules themselves are right is for the naive model in model_test.go.

// A place is where a row stands: a token's number, and beside it the string in its grace period.
type place struct {
	number uint64
	grace  bool
}

func compare(a, b place) int {
	return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(fmt.Sprint(a.grace), fmt.Sprint(b.grace)))
}

// A row is what is stored of a token.
type row struct {
	token token.Token
	stamp uint64
}

// An effect is what a change of the policies did to the token in a place.
type effect struct {
	place
	verdict    policy.Verdict
	refiltered bool
}

// An entry is one of the log. now is what a change did, as the eager world puts it; did is what the
// other world keeps of it.
type entry struct {
	kind   string
	about  token.ID
	old    token.ID // of a rotation
	grace  bool     // whether old works on for a while
	number uint64
	made   epoch.Millis // createdAt
	text   string
	change int // which change of the policies it is, from 1
	rule   policy.Security
	at     epoch.Millis
	now    []told
	did    []effect
	counts [4]int
}

// told is what the log tells of one token in a change.
type told struct {
	id   token.ID
	what string
}

// A world is one store.
type world struct {
	eager   bool
	bug     trap
	history policy.History
	rows    map[place]row
	filters map[ipfilter.ID]string
	numbers uint64
	log     []entry
	changes int
}

func newWorld(eager bool, bug trap) *world {
	return &world{eager: eager, bug: bug, history: fresh(), rows: map[place]row{}, filters: map[ipfilter.ID]string{}}
}

func (w *world) clone() *world {
	c := *w
	c.rows, c.filters, c.log = maps.Clone(w.rows), maps.Clone(w.filters), slices.Clip(w.log)
	return &c
}

func (w *world) places() []place { return slices.SortedFunc(maps.Keys(w.rows), compare) }

// fold returns what a row is now; not known is damage.
func (w *world) fold(r row, now epoch.Millis) (_ token.Token, alive, known bool) {
	if w.eager {
		return r.token, true, true
	}
	return w.bug.fold(w.history, r, now)
}

// A change is what the feed says of one row.
type change struct {
	place   *place
	row     *row
	history *policy.History
	filter  ipfilter.ID
	text    *string
}

// A tx is one transaction: its world is its own until it is committed.
type tx struct {
	*world
	index *index // of what is committed: what earlier calls of the batch did is not in it
	now   epoch.Millis
	feed  []change
}

// put writes a token as it is now, folded.
func (t *tx) put(p place, v token.Token) { t.store(p, row{v, t.bug.stamp(t)}) }

func (t *tx) store(p place, r row) {
	t.rows[p] = r
	t.feed = append(t.feed, change{place: &p, row: &r})
}

func (t *tx) drop(p place) {
	delete(t.rows, p)
	t.feed = append(t.feed, change{place: &p})
}

func (t *tx) record(e entry) { t.log = append(t.log, e) }

// find is the one way in which a command reads a token: its number is in the index, and an earlier
// call of the batch may have moved it to the other slot.
func (t *tx) find(id token.ID) (place, token.Token, bool) {
	e, ok := t.index.byID[id]
	if !ok {
		return place{}, token.Token{}, false
	}
	slots := []place{{e.number, false}, {e.number, true}}
	if t.bug == oneSlot && !t.eager {
		slots = []place{e.place}
	}
	for _, p := range slots {
		r, there := t.rows[p]
		if !there || r.token.ID != id {
			continue
		}
		v, alive, _ := t.fold(r, t.now)
		if t.bug == rawRead && !t.eager {
			v, alive = r.token, true
		}
		return p, v, alive && !v.Hidden()
	}
	return place{}, token.Token{}, false
}

var errNone = fault.New(fault.NotFound, "there is none")

// rules are the filters as Usable asks for them.
type rules map[ipfilter.ID]string

func (r rules) Rules(id ipfilter.ID) *ipfilter.Rules {
	text, ok := r[id]
	if !ok {
		return nil
	}
	parsed, err := ipfilter.Parse(text)
	if err != nil {
		panic(err)
	}
	return parsed
}

func (t *tx) create(d policy.Draft, id token.ID) error {
	v, err := t.history.System.Admit(policy.RootActor(), d, t.now)
	if err != nil {
		return err
	}
	if _, ok := t.filters[v.FilterID]; !ok && v.FilterID != "" {
		return errNone
	}
	v.ID = id
	t.numbers++
	t.put(place{t.numbers, false}, v)
	t.record(entry{kind: "create", about: id, number: t.numbers, made: v.CreatedAt, text: fmt.Sprint(v.ExpireAt, v.FilterID)})
	return nil
}

func (t *tx) rotate(id token.ID, grace time.Duration, newID token.ID) error {
	p, old, ok := t.find(id)
	if !ok {
		return errNone
	}
	next, err := policy.Rotate(policy.RootActor(), old, t.now)
	if err != nil {
		return err
	}
	if grace == 0 {
		next.Replaces = ""
	}
	if next.ID = newID; t.bug == capFromRotation && !t.eager {
		next.CreatedAt = t.now
	}
	t.endGrace(p)
	if grace > 0 {
		if t.bug == graceUnfolded && !t.eager {
			old = t.rows[p].token
		}
		old = policy.InGrace(old, newID, grace, t.now)
		t.put(place{p.number, true}, old)
	}
	t.put(place{p.number, false}, next)
	t.record(entry{
		kind: "rotate", about: newID, old: id, grace: grace > 0, number: p.number, made: next.CreatedAt,
		text: fmt.Sprint(next.ExpireAt, next.FilterID, old.ExpireAt),
	})
	return nil
}

// inGrace returns the string beside p that still works out its grace.
func (t *tx) inGrace(p place) (place, token.Token, bool) {
	g := place{p.number, true}
	r, there := t.rows[g]
	if p.grace || !there {
		return g, token.Token{}, false
	}
	v, alive, _ := t.fold(r, t.now)
	if t.bug == graceRaw && !t.eager {
		v, alive = r.token, true
	}
	return g, v, alive && !v.Hidden()
}

func (t *tx) endGrace(p place) {
	g, v, ok := t.inGrace(p)
	if ok {
		t.record(entry{kind: "end grace", about: v.ID})
	}
	if _, there := t.rows[g]; there && !p.grace { // a dead or a hidden one gives way without a word
		t.drop(g)
	}
}

func (t *tx) regrant(id token.ID, to permission.Set) error {
	p, old, ok := t.find(id)
	if !ok {
		return errNone
	}
	next, err := t.history.System.Regrant(policy.RootActor(), old, to, t.now)
	if err != nil {
		return err
	}
	if g, v, ok := t.inGrace(p); ok {
		v.Permissions = to
		t.put(g, v)
		t.record(entry{kind: "regrant", about: v.ID, text: fmt.Sprint(to)})
	}
	if t.bug == regrantUnfolded && !t.eager {
		next = t.rows[p].token
		next.Permissions = to
	}
	t.put(p, next)
	t.record(entry{kind: "regrant", about: id, text: fmt.Sprint(to)})
	return nil
}

func (t *tx) remove(id token.ID) error {
	p, _, ok := t.find(id)
	if !ok {
		return errNone
	}
	t.endGrace(p)
	t.drop(p)
	t.record(entry{kind: "delete", about: id})
	return nil
}

// act is what each command asks first: who the actor is by now.
func (t *tx) act(id token.ID) error {
	p, v, ok := t.find(id)
	if e, known := t.index.byID[id]; t.bug == actorRaw && !t.eager && known && t.rows[e.place].token.ID == id {
		p, v, ok = e.place, t.rows[e.place].token, true
	}
	if !ok {
		return errNone
	}
	if _, outcome := t.history.System.Usable(v, rules(t.filters), home, t.now); outcome != policy.Accepted {
		return fault.New(fault.Unauthenticated, "%v %v", p, outcome)
	}
	return nil
}

func (t *tx) setFilter(id ipfilter.ID, text string) error {
	t.filters[id] = text
	t.feed = append(t.feed, change{filter: id, text: &text})
	return nil
}

// users counts the tokens that have a filter, but no hidden ones. The call is the first of its
// batch, so what the index has is what the store has.
func (t *tx) users(id ipfilter.ID) int {
	n := 0
	count := func(v token.Token) {
		if v.FilterID == id && !v.Hidden() {
			n++
		}
	}
	if t.eager || t.bug == usersRaw {
		for _, r := range t.rows {
			count(r.token)
		}
		return n
	}
	for _, e := range t.index.at {
		count(e.token)
	}
	return n
}

func (t *tx) dropFilter(id ipfilter.ID) error {
	if _, ok := t.filters[id]; !ok {
		return errNone
	}
	if err := policy.DeleteFilter(policy.RootActor(), ipfilter.Filter{ID: id}, t.users(id), t.history.Enforcing(id)); err != nil {
		return err
	}
	delete(t.filters, id)
	t.feed = append(t.feed, change{filter: id})
	return nil
}

func (t *tx) setPolicy(next policy.Security) error {
	if _, ok := t.filters[next.FilterID]; !ok && next.FilterID != "" {
		return errNone
	}
	all := t.history.Policies
	all.System = next
	h, rule, err := t.history.Set(all, policy.Actor{}, t.now)
	if err != nil {
		return err
	}
	t.changes++
	e := entry{kind: "policy", change: t.changes, rule: rule, at: t.now}
	switch {
	case !rule.Touches():
	case t.eager:
		t.rewrite(rule, &e)
	default:
		t.judge(rule, &e)
	}
	h = t.bug.renumber(t.history, h)
	if t.bug == noneIfNobody && len(e.did) == 0 {
		h.Newest, h.Past = t.history.Newest, t.history.Past
	}
	t.history = h
	t.feed = append(t.feed, change{history: &h})
	t.record(e)
	return nil
}

// rewrite is what the eager world does at each change. Hidden tokens are judged, and nothing is
// told of them.
func (t *tx) rewrite(rule policy.Security, e *entry) {
	for _, p := range t.places() {
		r := t.rows[p]
		after, v := rule.Judge(r.token, t.now)
		if v == policy.Keep {
			continue
		}
		if !r.token.Hidden() {
			e.now = append(e.now, tell(e.change, r.token.ID, v, after.FilterID != r.token.FilterID, rule, after.ExpireAt))
			e.counts[v]++
		}
		if v == policy.Delete {
			t.drop(p)
			continue
		}
		t.store(p, row{token: after})
	}
}

func tell(change int, id token.ID, v policy.Verdict, refiltered bool, rule policy.Security, end epoch.Millis) told {
	what := fmt.Sprint("policy ", change, ": ")
	switch v {
	case policy.Delete:
		return told{id, what + "deleted"}
	case policy.Cap:
		what += fmt.Sprint("ends ", end, " ")
	}
	if refiltered {
		what += "filter " + string(rule.FilterID)
	}
	return told{id, what}
}

// judge counts and keeps what a change does, by the index.
func (t *tx) judge(rule policy.Security, e *entry) {
	for _, p := range slices.SortedFunc(maps.Keys(t.index.at), compare) {
		before := t.index.at[p].token
		after, v := rule.Judge(before, t.now)
		if v == policy.Keep {
			continue
		}
		e.counts[v]++
		e.did = append(e.did, effect{p, v, v != policy.Delete && after.FilterID != before.FilterID})
	}
}

// mend brings rows up to date; a dead one goes.
func (t *tx) mend(places []place) {
	for _, p := range places {
		r, there := t.rows[p]
		if t.eager || !there {
			continue
		}
		v, alive, known := t.fold(r, t.now)
		if e, ok := t.index.at[p]; ok && t.bug == mendFromIndex {
			v = e.token
		}
		switch {
		case !known:
		case !alive:
			t.drop(p)
		default:
			t.put(p, v)
		}
	}
}

// cut forgets the tightenings that no row needs, by rows as somebody read them before.
func (t *tx) cut(least uint64) {
	if t.eager {
		return
	}
	if t.bug == cutTooMuch {
		least++
	}
	h := t.history.Cut(least)
	if t.bug == evidenceCut {
		for i := range t.log {
			t.log[i].did = nil
		}
	}
	t.history = h
	t.feed = append(t.feed, change{history: &h})
}

// hide ends the listing of what expired long ago. It is found by the index.
func (t *tx) hide() {
	for _, p := range t.places() {
		e, ok := t.index.at[p]
		if _, due := policy.Hide(t.rows[p].token, t.now, 1); !ok || !due && !t.eager && t.bug == hideRaw {
			continue
		}
		q, v, ok := t.find(e.token.ID)
		if !ok || q != p {
			continue
		}
		if v, due := policy.Hide(v, t.now, 1); due {
			t.put(p, v)
			t.record(entry{kind: "expire", about: v.ID, text: fmt.Sprint(v.ExpireAt)})
		}
	}
}

// bringBack is what an operator's accepted clock does, at a start.
func (t *tx) bringBack() {
	for _, p := range t.places() {
		r := t.rows[p]
		v, alive, _ := t.fold(r, t.now)
		if t.bug == hiddenNotJudged && !t.eager && r.token.Hidden() {
			v, alive = r.token, true
		}
		back, due := policy.BringBack(v, t.now)
		if _, there := t.filters[back.FilterID]; !alive || !due || back.FilterID != "" && !there {
			continue
		}
		t.put(p, back)
		t.record(entry{kind: "return", about: v.ID, text: fmt.Sprint(back.ExpireAt, back.FilterID)})
	}
}

// forgetHidden removes the rows of hidden tokens for good.
func (t *tx) forgetHidden() {
	for _, p := range t.places() {
		if t.rows[p].token.Hidden() {
			t.drop(p)
		}
	}
}
