package main

import (
	"fmt"
	"os"
	"strings"
)

// survivors are the reasons why mutants may survive, by their descriptions.
type survivors map[string]string

// readSurvivors reads the list: a description as it is printed, and in the next
// line, indented, the reason.
func readSurvivors(file string) (survivors, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	all, name := survivors{}, ""
	for i, line := range strings.Split(string(text), "\n") {
		reason, indented := strings.CutPrefix(line, "\t")
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case indented && name == "":
			return nil, fmt.Errorf("%s:%d: a reason without a mutant", file, i+1)
		case indented:
			all[name] += reason
			name = ""
		case name != "":
			return nil, fmt.Errorf("%s:%d: a mutant without a reason above", file, i+1)
		default:
			name = line
		}
	}
	return all, nil
}
