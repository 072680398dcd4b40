package dial

import (
	"errors"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestAPinGoesOnFromAMemberThatDoesNotAnswer(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"an answer", nil, 0},
		{"one that says nothing", status.Error(codes.DeadlineExceeded, ""), 1},
		{"one that is not there, or has no leader", status.Error(codes.Unavailable, ""), 1},
		{"one that refuses", status.Error(codes.PermissionDenied, ""), 0},
		{"a caller who has gone", status.Error(codes.Canceled, ""), 0},
		{"an error of our own", errors.New("odd"), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &pin{endpoints: []string{"a", "b", "c"}, move: func(string) {}}
			p.heard(p.place(), c.err)
			if p.place() != c.want {
				t.Errorf("it is at member %d, want %d", p.place(), c.want)
			}
		})
	}
}

func TestManyRequestsThatAMemberLeavesUnansweredMoveAPinOnce(t *testing.T) {
	var moves []string
	p := &pin{endpoints: []string{"a", "b", "c"}, move: func(endpoint string) { moves = append(moves, endpoint) }}
	silence := status.Error(codes.DeadlineExceeded, "")
	first := p.place()
	for range 5 {
		p.heard(first, silence)
	}
	p.heard(p.place(), silence)
	p.heard(p.place(), silence)
	if len(moves) != 3 || moves[0] != "b" || moves[1] != "c" || moves[2] != "a" {
		t.Errorf("it went to %v, want b, c and a", moves)
	}
}
