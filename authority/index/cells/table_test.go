package cells

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// hashOf is a poor hash, so that many cells have the same tag, and some all of it.
func hashOf(cell uint32) uint64 { return uint64(cell/3) * 0x9e3779b97f4a7c15 }

func found(table *Table, cell uint32) bool {
	got, ok := table.Find(hashOf(cell), func(s uint32) bool { return s == cell })
	return ok && got == cell
}

func TestATableIsASetAndThoseHandedOutStayAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table Table
		want := map[uint32]bool{}
		generation := uint64(1)
		if n := rapid.SampledFrom([]int{0, 0, 7, 40_000}).Draw(t, "at once"); n > 0 {
			var list []Hashed
			for i := range uint32(n) {
				list = append(list, Hashed{hashOf(i), i})
				want[i] = true
			}
			table = Fill(list)
		}
		type handedOut struct {
			table Table
			want  map[uint32]bool
		}
		var before []handedOut
		check := func(table *Table, want map[uint32]bool) {
			for i := range uint32(45_000) {
				if found(table, i) != want[i] {
					t.Fatalf("cell %d: found %v, want %v", i, !want[i], want[i])
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"change": func(t *rapid.T) {
				from := rapid.Uint32Range(0, 44_000).Draw(t, "from")
				for i := from; i < from+rapid.SampledFrom([]uint32{1, 800}).Draw(t, "times"); i++ {
					if want[i] {
						table.Drop(hashOf(i), i, generation)
					} else {
						table.Add(hashOf(i), i, generation, hashOf)
					}
					want[i] = !want[i]
				}
			},
			"hand out": func(*rapid.T) {
				if len(before) < 3 {
					before = append(before, handedOut{table, maps.Clone(want)})
				}
				generation++
			},
		})
		check(&table, want)
		for _, b := range before {
			check(&b.table, b.want)
		}
	})
}

// A bucket is looked through from its beginning, so it must stay short.
func TestBucketsStayShort(t *testing.T) {
	var table Table
	for i := range uint32(60_000) {
		table.Add(hashOf(3*i), 3*i, uint64(i/100), hashOf)
	}
	for _, s := range table.shards {
		if s.size > fullBucket*len(s.buckets) {
			t.Fatalf("%d cells in %d buckets, want at most %d each", s.size, len(s.buckets), fullBucket)
		}
	}
}
