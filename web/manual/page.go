package manual

import (
	"bytes"
	_ "embed"
	"html/template"
	"slices"
	"strings"

	"tokenscale/ui"
)

//go:embed page.html
var frame string

// purposes says what each document is for, in the order in which they are offered.
var purposes = []struct{ name, purpose string }{
	{"operations", "Start it, back it up, watch it, rotate its keys."},
	{"jobs", "What an administrator does on the page, and in how many clicks."},
	{"api", "Every operation of the API, with lines that work as they stand."},
	{"proxies", "nginx, Caddy, HAProxy, Traefik or Envoy in front of it, and asking it."},
	{"cluster", "Several nodes on one store in etcd."},
	{"security", "Who may attack it, what it promises against whom, and what it does not."},
	{"storage", "Every file and every row."},
	{"performance", "What is fast, how fast, and measured how."},
	{"architecture", "Where everything is in the code, and what may use what."},
	{"decisions", "What was decided, why, and what lost."},
}

// entry is a document as the list of all shows it.
type entry struct {
	document
	Purpose string
}

// page is what page.html is filled with. The first page has no document.
type page struct {
	Head    template.HTML
	Entries []entry
	Doc     *document
	Body    template.HTML
}

// render makes the pages, by what follows Path in their addresses.
func render(files map[string][]byte) (map[string][]byte, error) {
	entries, err := readAll(files)
	if err != nil {
		return nil, err
	}
	layout, err := template.New("page").Parse(frame)
	if err != nil {
		return nil, err
	}
	// Both are ours: the one is made by ui, the other by goldmark, which lets no HTML through.
	head := template.HTML(ui.Head("../"))
	pages := map[string][]byte{}
	fill := func(name string, p page) error {
		var out bytes.Buffer
		err := layout.Execute(&out, p)
		pages[name] = out.Bytes()
		return err
	}
	err = fill("", page{Head: head, Entries: entries})
	for _, e := range entries {
		if err == nil {
			err = fill(e.Name, page{head, entries, &e.document, template.HTML(e.body)})
		}
	}
	return pages, err
}

// readAll reads the documents, in the order of purposes; what has none comes last.
func readAll(files map[string][]byte) ([]entry, error) {
	var entries []entry
	for file, source := range files {
		name, ok := strings.CutSuffix(file, ".md")
		if !ok {
			continue
		}
		doc, err := read(name, source, func(file string) bool { return files[file] != nil })
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{doc, purposeOf(name)})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if byRank := rank(a.Name) - rank(b.Name); byRank != 0 {
			return byRank
		}
		return strings.Compare(a.Name, b.Name)
	})
	return entries, nil
}

func rank(name string) int {
	for i, p := range purposes {
		if p.name == name {
			return i
		}
	}
	return len(purposes)
}

func purposeOf(name string) string {
	if i := rank(name); i < len(purposes) {
		return purposes[i].purpose
	}
	return ""
}
