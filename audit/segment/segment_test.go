package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// stored are the rows of a segment, by section.
type stored [sections][]Row

func build(t testing.TB, h Head, rows stored) ([]byte, Sum) {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, h)
	if err != nil {
		t.Fatal(err)
	}
	for s, list := range rows {
		for _, r := range list {
			if err := w.Add(Section(s), r.Key, r.Value); err != nil {
				t.Fatal(err)
			}
		}
	}
	sum, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), sum
}

func parse(t testing.TB, file []byte) *File {
	t.Helper()
	f, err := Parse(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func seqKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// entries returns rows like those of entries.
func entries(first, last uint64) (list []Row) {
	for n := first; n <= last; n++ {
		list = append(list, Row{seqKey(n), fmt.Appendf(nil, "entry %d of a log, by %s", n, strings.Repeat("somebody", int(n%3)))})
	}
	return list
}

func collect(t testing.TB, c *Cursor) (list []Row) {
	t.Helper()
	for {
		r, ok, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return list
		}
		list = append(list, r)
	}
}

// Whatever rows there are, and whichever range is asked for: what is read is what was written.
func TestFile_HoldsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var rows stored
		for s := range rows {
			byKey := rapid.MapOfN(rapid.StringN(1, 12, 20), rapid.SliceOfN(rapid.Byte(), 0, 40), 0, 600).Draw(rt, "rows")
			for k, v := range byKey {
				rows[s] = append(rows[s], Row{[]byte(k), v})
			}
			slices.SortFunc(rows[s], func(a, b Row) int { return bytes.Compare(a.Key, b.Key) })
		}
		file, sum := build(t, Head{3, 9, 17}, rows)
		if again, _ := SumOf(bytes.NewReader(file)); again != sum {
			rt.Fatalf("the sum is %v, and of what was written %v", sum, again)
		}
		f := parse(t, file)
		for s, list := range rows {
			bound := func(name string) []byte {
				if rapid.Bool().Draw(rt, name+" is open") {
					return nil
				}
				if len(list) > 0 && rapid.Bool().Draw(rt, name+" is a key") {
					return list[rapid.IntRange(0, len(list)-1).Draw(rt, name)].Key
				}
				return []byte(rapid.StringN(1, 12, 20).Draw(rt, name))
			}
			from, to, reverse := bound("from"), bound("to"), rapid.Bool().Draw(rt, "reverse")
			var want []Row
			for _, r := range list {
				if bytes.Compare(r.Key, from) >= 0 && (to == nil || bytes.Compare(r.Key, to) < 0) {
					want = append(want, r)
				}
			}
			if reverse {
				slices.Reverse(want)
			}
			if diff := cmp.Diff(collect(t, f.Walk(Section(s), from, to, reverse)), want, equalBytes); diff != "" {
				rt.Fatalf("section %d from %q to %q, reverse %v (-got +want):\n%s", s, from, to, reverse, diff)
			}
			for _, r := range list {
				if v, err := f.Get(Section(s), r.Key); err != nil || !bytes.Equal(v, r.Value) || v == nil {
					rt.Fatalf("Get(%q) = %q, %v, want %q", r.Key, v, err, r.Value)
				}
				if v, err := f.Get(Section(s), append(slices.Clone(r.Key), 0)); err != nil || v != nil && !slices.ContainsFunc(list, func(o Row) bool { return bytes.Equal(o.Key, append(slices.Clone(r.Key), 0)) }) {
					rt.Fatalf("Get of a key that there is not = %q, %v", v, err)
				}
			}
			if f.Rows(Section(s)) != len(list) {
				rt.Fatalf("Rows = %d, want %d", f.Rows(Section(s)), len(list))
			}
		}
	})
}

var equalBytes = cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })

// What proves an entry lies in one frame, also behind entries that are lost.
func TestWriter_PacksTheEntriesBelowOneNodeTogether(t *testing.T) {
	rows := stored{Entries: slices.Concat(entries(1, 200), entries(300, 1024))}
	file, _ := build(t, Head{1, 1, 1024}, rows)
	f := parse(t, file)
	var firsts []uint64
	for _, fr := range f.index[Entries] {
		firsts = append(firsts, binary.BigEndian.Uint64(fr.first))
	}
	if diff := cmp.Diff(firsts, []uint64{1, 300, 513, 769}); diff != "" {
		t.Errorf("the frames begin with (-got +want):\n%s", diff)
	}
}

// A frame of large rows ends earlier, so that whoever reads it knows how much memory it takes.
func TestWriter_HoldsFramesWithinTheirBound(t *testing.T) {
	var rows stored
	for n := range uint64(8) {
		rows[Evidence] = append(rows[Evidence], Row{seqKey(n + 1), bytes.Repeat([]byte{byte(n)}, maxValue)})
	}
	file, _ := build(t, Head{1, 1, 8}, rows)
	f := parse(t, file)
	if got := len(f.index[Evidence]); got != 8 {
		t.Errorf("there are %d frames, want 8", got)
	}
	if diff := cmp.Diff(collect(t, f.Walk(Evidence, nil, nil, false)), rows[Evidence], equalBytes); diff != "" {
		t.Errorf("the rows (-got +want):\n%s", diff)
	}
}

func TestWriter_RefusesRowsOutOfOrder(t *testing.T) {
	tests := []struct {
		name string
		add  func(w *Writer) error
	}{
		{"a key twice", func(w *Writer) error { return w.Add(Evidence, []byte("b"), nil) }},
		{"a key before the last", func(w *Writer) error { return w.Add(Evidence, []byte("a"), nil) }},
		{"a section before the last", func(w *Writer) error { return w.Add(Entries, []byte("z"), nil) }},
		{"no key", func(w *Writer) error { return w.Add(Tokens, nil, nil) }},
		{"too long a value", func(w *Writer) error { return w.Add(Tokens, []byte("k"), make([]byte, maxValue+1)) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, err := NewWriter(&bytes.Buffer{}, Head{1, 1, 2})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Add(Evidence, []byte("b"), nil); err != nil {
				t.Fatal(err)
			}
			if test.add(w) == nil {
				t.Error("it was taken")
			}
		})
	}
}

// Nodes agree on a segment by the sum of its file. A version of this program that packs the same
// rows otherwise would never agree with an older one: if this fails, the format needs a new
// number.
func TestWriter_WritesTheSameBytesForEver(t *testing.T) {
	rows := stored{
		Entries:  entries(65537, 65537+999),
		Evidence: []Row{{seqKey(65600), []byte("a piece")}},
		Subjects: []Row{{append(seqKey(7), seqKey(65537)...), []byte("id")}, {append(seqKey(7), seqKey(65538)...), nil}},
		Tokens:   []Row{{[]byte("id"), []byte{7}}},
	}
	file, sum := build(t, Head{2, 65537, 131072}, rows)
	golden, err := os.ReadFile(filepath.Join("testdata", "sum"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSpace(string(golden)); sum.String() != want {
		t.Errorf("the file has %d bytes and the sum %v, want %v", len(file), sum, want)
	}
}

// A changed byte is found where it is read, although the sum of the whole file was compared long
// before.
func TestFile_FindsEachByteThatChangesAfterItWasOpened(t *testing.T) {
	rows := stored{Entries: entries(1, 600), Tokens: []Row{{[]byte("id"), []byte{1}}}}
	file, _ := build(t, Head{1, 1, 600}, rows)
	for at := headSize; at < len(file)-tailSize; at += 7 {
		changed := bytes.Clone(file)
		f, err := Parse(bytes.NewReader(changed), int64(len(changed)))
		if err != nil {
			t.Fatal(err)
		}
		inFrames := slices.ContainsFunc(slices.Concat(f.index[:]...), func(fr frame) bool {
			return int64(at) >= fr.offset && int64(at) < fr.offset+int64(fr.packed)
		})
		if !inFrames {
			break // the index, which is in memory by now
		}
		changed[at] ^= 0x10
		if err := readAll(f); !errors.Is(err, ErrMalformed) {
			t.Fatalf("with byte %d changed all was read: %v", at, err)
		}
	}
}

func readAll(f *File) error {
	for s := range sections {
		for c := f.Walk(s, nil, nil, false); ; {
			if _, ok, err := c.Next(); err != nil || !ok {
				if err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

func TestParse_RefusesAFileThatIsCutShort(t *testing.T) {
	file, _ := build(t, Head{1, 1, 300}, stored{Entries: entries(1, 300)})
	for n := range len(file) {
		if _, err := Parse(bytes.NewReader(file[:n]), int64(n)); !errors.Is(err, ErrMalformed) {
			t.Fatalf("Parse of the first %d of %d bytes = %v", n, len(file), err)
		}
	}
}

// FuzzParse opens any bytes: they are refused, or hold rows in order, within their bounds.
func FuzzParse(f *testing.F) {
	small, _ := build(f, Head{1, 1, 2}, stored{Entries: entries(1, 2), Tokens: []Row{{[]byte("id"), []byte{1}}}})
	large, _ := build(f, Head{2, 65537, 131072}, stored{Entries: entries(65537, 66200)})
	for _, seed := range [][]byte{nil, []byte(magic), small, large, small[:len(small)-1]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if file, err := Parse(bytes.NewReader(in), int64(len(in))); err == nil {
			inOrder(t, file)
		}
	})
}

// FuzzUnpack has any bytes for the rows of two frames, of which all sums fit.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte("\x01a\x00"), 1, []byte("\x01b\x01v\x01c\x00"), 2)
	f.Add([]byte("\x01b\x00"), 1, []byte("\x01a\x00"), 1)
	f.Fuzz(func(t *testing.T, one []byte, n int, other []byte, m int) {
		if n < 1 || n > frameRows || m < 1 || m > frameRows {
			return
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, Head{1, 1, 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range []struct {
			rows int
			text []byte
		}{{n, one}, {m, other}} {
			u := unpacker{in: raw.text}
			w.raw, w.frame = append(w.raw, raw.text...), frame{first: bytes.Clone(u.text(maxKey)), rows: raw.rows}
			if err := w.flush(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if file, err := Parse(bytes.NewReader(out.Bytes()), int64(out.Len())); err == nil {
			inOrder(t, file)
		}
	})
}

// inOrder reads all rows of a file, until one cannot be.
func inOrder(t *testing.T, file *File) {
	for s := range sections {
		var last []byte
		for c := file.Walk(s, nil, nil, false); ; {
			r, ok, err := c.Next()
			if err != nil || !ok {
				break
			}
			if len(r.Key) == 0 || len(r.Key) > maxKey || len(r.Value) > maxValue {
				t.Fatalf("a row of %d and %d bytes", len(r.Key), len(r.Value))
			}
			if bytes.Compare(r.Key, last) <= 0 {
				t.Fatalf("%q comes after %q", r.Key, last)
			}
			last = r.Key
		}
	}
}
