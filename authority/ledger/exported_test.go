package ledger

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// The line of a writer that was cut off, or of an editor, may have no end. It counts all the same.
func TestExamineExport_ReadsALastLineWithoutAnEnd(t *testing.T) {
	keys := testKeys(t, "a")
	log, _ := written(t, keys, someEntries(3))
	var out bytes.Buffer
	if n, err := Export(t.Context(), log, keys, 1, &out); n != 3 || err != nil {
		t.Fatalf("%d lines were written, %v", n, err)
	}
	whole := strings.TrimSuffix(out.String(), "\n")
	for name, c := range map[string]struct {
		text  string
		lines int
		first uint64
		words string // what is found; nothing for a sound export
	}{
		"as it was written":           {whole + "\n", 3, 0, ""},
		"without the last line end":   {whole, 3, 0, ""},
		"with empty lines":            {"\n" + whole + "\n \n", 3, 0, ""},
		"with \\r\\n":                 {strings.ReplaceAll(whole, "\n", "\r\n"), 3, 0, ""},
		"the last line is changed":    {strings.Replace(whole, "name 2", "name 9", 1), 3, 3, "line 3 of the export says something else"},
		"the last line is cut off":    {whole[:len(whole)-9], 3, 0, "line 3 of the export is no entry"},
		"nothing":                     {"", 0, 0, ""},
		"an entry that the log lacks": {strings.Replace(whole, `"id":3`, `"id":4`, 1), 3, 3, "the export leaves it out; line 3 goes on with entry 4"},
	} {
		rep, err := ExamineExport(context.Background(), log, keys, strings.NewReader(c.text))
		n, found := rep.Lines, rep.Found
		if n != c.lines || err != nil || (len(found) > 0) != (c.words != "") {
			t.Errorf("%s: %d lines, %v, %v", name, n, found, err)
		}
		if len(found) > 0 && (found[0].First != c.first || !strings.Contains(found[0].Why, c.words)) {
			t.Errorf("%s: found %v", name, found)
		}
	}
}
