package graph_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"tokenscale/permission"
)

// What a client does with proofs, who has nothing of ours but the answers.

type checkpoint struct {
	Size, Timestamp             int64
	RootHash, Note, VerifierKey string
}

type inclusion struct {
	LeafIndex, TreeSize      int64
	Leaf, LeafHash, RootHash string
	Hashes                   []string
}

type consistency struct {
	FromSize, ToSize         int64
	FromRootHash, ToRootHash string
	Hashes                   []string
}

// into reads the one field of an answer.
func into[T any](t *testing.T, a answer) (v T) {
	t.Helper()
	var body struct{ Data map[string]T }
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || len(body.Data) != 1 {
		t.Fatalf("%v: %s", err, a.Body)
	}
	for _, v = range body.Data {
	}
	return v
}

func hash(t *testing.T, s string) tlog.Hash {
	t.Helper()
	h, err := tlog.ParseHash(s)
	if err != nil {
		t.Fatalf("%q is no hash: %v", s, err)
	}
	return h
}

func hashes(t *testing.T, list []string) []tlog.Hash {
	t.Helper()
	out := make([]tlog.Hash, len(list))
	for i, s := range list {
		out[i] = hash(t, s)
	}
	return out
}

const (
	askCheckpoint  = `{ auditCheckpoint { size rootHash timestamp note verifierKey } }`
	askInclusion   = `query($id: String!, $n: Long) { auditInclusionProof(id: $id, treeSize: $n) { leafIndex leaf leafHash treeSize rootHash hashes } }`
	askConsistency = `query($a: Long!, $b: Long!) { auditConsistencyProof(fromSize: $a, toSize: $b) { fromSize fromRootHash toSize toRootHash hashes } }`
)

func TestAuditProofs_ConvinceAClientThatHasOnlyTheVerifierKey(t *testing.T) {
	s := serve(t)
	for range 5 {
		s.holder(permission.ReadHealthCheck)
	}
	c := into[checkpoint](t, s.must(askCheckpoint, nil))
	public, err := note.NewVerifier(c.VerifierKey)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(c.Note), note.VerifierList(public))
	if err != nil {
		t.Fatalf("the note is not signed: %v", err)
	}
	if lines := strings.Split(n.Text, "\n"); lines[2] != c.RootHash || c.Size < 5 {
		t.Errorf("the note says %q, the answer %+v", n.Text, c)
	}
	for range 5 {
		s.holder(permission.ReadHealthCheck)
	}
	grown := into[consistency](t, s.must(askConsistency, vars{"a": c.Size, "b": c.Size + 5}))
	if err := tlog.CheckTree(hashes(t, grown.Hashes), c.Size+5, hash(t, grown.ToRootHash), c.Size, hash(t, c.RootHash)); err != nil {
		t.Errorf("the consistency proof: %v", err)
	}
	in := into[inclusion](t, s.must(askInclusion, vars{"id": "3", "n": c.Size + 5}))
	if err := tlog.CheckRecord(hashes(t, in.Hashes), c.Size+5, hash(t, grown.ToRootHash), 2, hash(t, in.LeafHash)); err != nil {
		t.Errorf("the inclusion proof: %v", err)
	}
	leaf, err := base64.StdEncoding.DecodeString(in.Leaf)
	if err != nil || tlog.RecordHash(leaf).String() != in.LeafHash || binary.BigEndian.Uint64(leaf) != 3 {
		t.Errorf("the leaf is %q", in.Leaf)
	}
	if in := into[inclusion](t, s.must(askInclusion, vars{"id": "3"})); in.TreeSize != c.Size || in.RootHash != c.RootHash {
		t.Errorf("without a size the proof is for %d entries, want %d of the newest checkpoint", in.TreeSize, c.Size)
	}
}

func TestAuditProofs_RefuseWhatThereIsNot(t *testing.T) {
	s := serve(t)
	s.holder(permission.ReadHealthCheck)
	last := into[checkpoint](t, s.must(askCheckpoint, nil)).Size
	for _, test := range []struct {
		query string
		v     vars
		code  string
		words string
	}{
		{askInclusion, vars{"id": "0"}, "NOT_FOUND", "no audit entry"},
		{askInclusion, vars{"id": "-1"}, "NOT_FOUND", "no audit entry"},
		{askInclusion, vars{"id": "01"}, "NOT_FOUND", "no audit entry"},
		{askInclusion, vars{"id": "99999"}, "NOT_FOUND", "no audit entry"},
		{askInclusion, vars{"id": "18446744073709551617"}, "NOT_FOUND", "no audit entry"},
		{askInclusion, vars{"id": "1", "n": 0}, "INVALID", "at least 1"},
		{askInclusion, vars{"id": "1", "n": -1}, "INVALID", "at least 1"},
		{askInclusion, vars{"id": "1", "n": 99999}, "INVALID", "only"},
		{askInclusion, vars{"id": "2", "n": 1}, "INVALID", "does not stand among"},
		{askConsistency, vars{"a": 0, "b": 1}, "INVALID", "fromSize"},
		{askConsistency, vars{"a": 1, "b": 99999}, "INVALID", "toSize"},
		{askConsistency, vars{"a": last, "b": 1}, "INVALID", "larger than toSize"},
		{askConsistency, vars{"a": int64(-1) << 63, "b": 1}, "INVALID", "fromSize"},
	} {
		a := s.ask(s.root, test.query, test.v)
		if a.code() != test.code || !strings.Contains(a.Body, test.words) {
			t.Errorf("%v: %s, want %s and %q", test.v, a.Body, test.code, test.words)
		}
	}
}
