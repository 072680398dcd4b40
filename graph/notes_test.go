package graph_test

import (
	"strings"
	"testing"
)

// What section 2 of the contract says of notes, as clients see it.

const (
	createNoted = `mutation($name: String!, $note: String) { createSystemToken(input: {name: $name, permissions: [], note: $note}) { token tokenMetadata { id note } } }`
	annotate    = `mutation($id: String!, $note: String!) { updateSystemTokenNote(input: {id: $id, note: $note}) { id name note } }`
)

func TestNotes_GivenAtTheCreationAndChangedLater(t *testing.T) {
	s := serve(t)
	made := s.must(createNoted, vars{"name": "nurse", "note": " for the ward "})
	id := made.text("createSystemToken", "tokenMetadata", "id")
	if note := made.text("createSystemToken", "tokenMetadata", "note"); note != "for the ward" {
		t.Errorf("made with the note %q", note)
	}
	if a := s.must(annotate, vars{"id": id, "note": "call ops"}); a.text("updateSystemTokenNote", "note") != "call ops" || a.text("updateSystemTokenNote", "id") != id {
		t.Errorf("%s", a.Body)
	}
	next := s.must(`mutation { rotateSystemToken(input: {id: "`+id+`"}) { tokenMetadata { id note } } }`, nil)
	id = next.text("rotateSystemToken", "tokenMetadata", "id")
	if note := next.text("rotateSystemToken", "tokenMetadata", "note"); note != "call ops" {
		t.Errorf("rotated, its note is %q", note)
	}
	s.must(annotate, vars{"id": id, "note": ""})
	if a := s.must(`{ token(tokenId: "`+id+`") { name ... on SystemPermissionsToken { note } } }`, nil); !strings.Contains(a.Body, `"note":null`) {
		t.Errorf("without a note: %s", a.Body)
	}
}

// Of two people who have read the same note, the second does not write over the first unawares.
func TestNotes_TheSecondOfTwoWhoChangeTheSameOneIsToldIfTheySayWhatTheyRead(t *testing.T) {
	s := serve(t)
	id := s.must(createNoted, vars{"name": "nurse"}).text("createSystemToken", "tokenMetadata", "id")
	change := `mutation($id: String!, $note: String!, $expected: String) { updateSystemTokenNote(input: {id: $id, note: $note, expectedNote: $expected}) { note } }`
	s.must(change, vars{"id": id, "note": "call ann", "expected": ""})
	second := s.ask(s.root, change, vars{"id": id, "note": "call bob", "expected": ""})
	if second.code() != "CONFLICT" || !strings.Contains(second.Body, "was changed meanwhile") || strings.Contains(second.Body, "call ann") {
		t.Errorf("%s", second.Body)
	}
	if a := s.must(`{ token(tokenId: "`+id+`") { ... on SystemPermissionsToken { note } } }`, nil); a.text("token", "note") != "call ann" {
		t.Errorf("after the refusal: %s", a.Body)
	}
	s.must(change, vars{"id": id, "note": "call bob", "expected": "call ann"})
	s.must(change, vars{"id": id, "note": "call eve", "expected": nil})
}

func TestNotes_NoneIsNull(t *testing.T) {
	s := serve(t)
	for _, v := range []vars{{"name": "a"}, {"name": "b", "note": nil}, {"name": "c", "note": ""}, {"name": "d", "note": " \t"}} {
		if a := s.must(createNoted, v); !strings.Contains(a.Body, `"note":null`) {
			t.Errorf("%v: %s", v, a.Body)
		}
	}
}

// LogScale's own list knows nothing of notes, and what its clients find by it stays the same.
func TestNotes_AreFoundBySystemTokensAndNotByTokens(t *testing.T) {
	s := serve(t)
	s.must(createNoted, vars{"name": "nurse", "note": "Ärzte, for OPS"})
	s.must(createNoted, vars{"name": "ops"})
	for search, want := range map[string][2]string{"ops": {"2", "1"}, "ÄRZTE": {"1", "0"}, "nurse": {"1", "1"}, "zzz": {"0", "0"}} {
		ours, _ := s.names("systemTokens", `searchFilter: "`+search+`"`)
		theirs, _ := s.names("tokens", `sortBy: Name, searchFilter: "`+search+`"`)
		if got := [2]string{ours, theirs}; got != want {
			t.Errorf("%q is found %v times, want %v", search, got, want)
		}
	}
}

func TestNotes_WhatNoneCanBeIsRefusedByItsField(t *testing.T) {
	s := serve(t)
	id := s.must(createNoted, vars{"name": "nurse"}).text("createSystemToken", "tokenMetadata", "id")
	for note, words := range map[string]string{
		strings.Repeat("ü", 501): "The note has 501 characters; at most 500 are possible.",
		"for ci\ncall ops":       "The note holds a control character",
		"it is " + s.root:        "The note holds a whole token string",
		s.root[10:]:              "The note holds what may be the secret half of a token",
	} {
		for _, a := range []answer{
			s.ask(s.root, createNoted, vars{"name": "x", "note": note}), s.ask(s.root, annotate, vars{"id": id, "note": note}),
		} {
			if a.code() != "INVALID" || !strings.Contains(a.Body, `"state":{"note":"`+words) || strings.Contains(a.Body, s.root[20:40]) {
				t.Errorf("%s", a.Body)
			}
		}
	}
	s.must(annotate, vars{"id": id, "note": strings.Repeat("ü", 500)})
}
