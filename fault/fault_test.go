package fault

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCodeOf(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want Code
	}{
		{"a fault tells its code", New(Conflict, "busy"), Conflict},
		{"a wrapped fault tells its code", fmt.Errorf("deleting: %w", New(NotFound, "gone")), NotFound},
		{"any other error is internal", errors.New("disk on fire"), Internal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := CodeOf(test.err); got != test.want {
				t.Errorf("CodeOf = %s, want %s", got, test.want)
			}
		})
	}
}

func TestInputsJoinsAllThatIsWrong(t *testing.T) {
	err := Inputs(nil, Input("name", "is empty"), Input("limit", "is %d", -1))
	f, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("Inputs = %v, want a fault", err)
	}
	want := &Error{Code: Invalid, Message: InputMessage, State: map[string]string{"name": "is empty", "limit": "is -1"}}
	if diff := cmp.Diff(f, want); diff != "" {
		t.Errorf("Inputs (-got +want):\n%s", diff)
	}
}

func TestInputsOfNothingIsNil(t *testing.T) {
	if err := Inputs(nil, nil); err != nil {
		t.Errorf("Inputs = %v, want nil", err)
	}
}

func TestInputsKeepsAnErrorThatIsNoInput(t *testing.T) {
	disk := errors.New("disk on fire")
	if err := Inputs(Input("name", "is empty"), disk); !errors.Is(err, disk) {
		t.Errorf("Inputs = %v, want %v", err, disk)
	}
}
