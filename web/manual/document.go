package manual

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// document is one file of the manual, read.
type document struct {
	Name     string
	Title    string
	Sections []section
	body     string // HTML
}

// section is a heading below the title, and the anchor at which it stands.
type section struct{ Title, Anchor string }

// read turns a document into HTML. Links to other documents lead to their pages, and those to files
// that the manual does not have become plain words. HTML in the source is left out.
func read(name string, source []byte, has func(file string) bool) (document, error) {
	// The policy forbids style attributes, so columns are aligned by an attribute of their own.
	tables := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))
	markdown := goldmark.New(goldmark.WithExtensions(tables), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	root := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(anchors{}))))
	doc := document{Name: name, Title: name}
	var links []*ast.Link
	err := ast.Walk(root, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		switch node := node.(type) {
		case *ast.Heading:
			if entering {
				doc.note(node, source)
			}
		case *ast.Link:
			if entering {
				links = append(links, node)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, link := range links {
		lead(link, has)
	}
	var out bytes.Buffer
	if err == nil {
		err = markdown.Renderer().Render(&out, source, root)
	}
	doc.body = reachable.Replace(out.String())
	return doc, err
}

// reachable lets what may be wider than the window be scrolled, by keyboard too, and screen readers
// make sense of tables. In the text of a document `<` is written as an entity, so these are always
// the elements.
var reachable = strings.NewReplacer(
	"<table>", `<div class="wide" tabindex="0" role="group" aria-label="Table"><table>`, "</table>", "</table></div>",
	"<pre>", `<pre tabindex="0">`,
	"<th></th>", "<td></td>", // the corner of a table heads nothing
)

func (d *document) note(h *ast.Heading, source []byte) {
	words := wordsOf(h, source)
	switch h.Level {
	case 1:
		d.Title = words
	case 2:
		id, _ := h.AttributeString("id")
		anchor, _ := id.([]byte)
		d.Sections = append(d.Sections, section{words, string(anchor)})
	}
}

// wordsOf returns the text of a node without its marks.
func wordsOf(node ast.Node, source []byte) string {
	var words strings.Builder
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		if text, ok := child.(*ast.Text); ok {
			words.Write(text.Segment.Value(source))
			continue
		}
		words.WriteString(wordsOf(child, source))
	}
	return words.String()
}

// lead makes a link lead to where the manual has its target.
func lead(link *ast.Link, has func(file string) bool) {
	target := string(link.Destination)
	file, anchor, _ := strings.Cut(target, "#")
	switch {
	case file == "" || strings.Contains(file, "://"):
	case !has(file):
		unlink(link)
	case strings.HasSuffix(file, ".md"):
		link.Destination = []byte(strings.TrimSuffix(file, ".md"))
		if anchor != "" {
			link.Destination = append(link.Destination, "#"+anchor...)
		}
	}
}

// unlink leaves the words of a link in its place.
func unlink(link *ast.Link) {
	parent := link.Parent()
	for child := link.FirstChild(); child != nil; child = link.FirstChild() {
		parent.InsertBefore(parent, link, child)
	}
	parent.RemoveChild(parent, link)
}

// anchors makes the anchors that GitHub makes, since the documents are read there too.
type anchors map[string]bool

// Generate implements parser.IDs.
func (a anchors) Generate(heading []byte, _ ast.NodeKind) []byte {
	anchor := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(string(util.UnescapePunctuations(heading))))
	unique := anchor
	for n := 1; a[unique]; n++ {
		unique = anchor + "-" + strconv.Itoa(n)
	}
	a[unique] = true
	return []byte(unique)
}

// Put implements parser.IDs.
func (a anchors) Put(anchor []byte) { a[string(anchor)] = true }
