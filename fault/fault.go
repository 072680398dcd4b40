package fault

import (
	"errors"
	"fmt"
)

// A Code says what kind of refusal a fault is. It is part of the API: clients
// read it from extensions.code. Add codes; never rename one.
type Code string

// The codes a client can meet.
const (
	Invalid         Code = "INVALID"         // no state of the server could accept this
	Unauthenticated Code = "UNAUTHENTICATED" // we do not know who is asking
	Forbidden       Code = "FORBIDDEN"       // we know, and the answer is no
	NotFound        Code = "NOT_FOUND"       // there is no such thing, or none you may see
	Conflict        Code = "CONFLICT"        // the state of the server stands in the way
	// Nothing is wrong with the request; the server cannot carry it out now.
	Unavailable Code = "UNAVAILABLE"
	TooLarge    Code = "RESPONSE_TOO_LARGE" // the answer would be longer than one may be
	Internal    Code = "INTERNAL"           // not a refusal: a bug or a broken machine
)

// InputMessage is the message of every fault about input. LogScale's clients
// compare it, and then read the fields from State.
const InputMessage = "There were errors in the input."

// An Error is a refusal. It is never changed after it was made, so it is safe
// for concurrent use.
type Error struct {
	Code    Code
	Message string

	// State holds a sentence for each input that was wrong, by the name of
	// the input. An input that is well formed but not allowed is Forbidden
	// and stands here too. It is nil when no input is to blame.
	State map[string]string

	// Extensions are members that stand beside the code, for programs: ids
	// and fixed words, never a secret. It is nil if there are none.
	Extensions map[string]string
}

// Error returns the message, and the sentences about the inputs if there are any.
func (e *Error) Error() string {
	if len(e.State) == 0 {
		return e.Message
	}
	return fmt.Sprintf("%s %v", e.Message, e.State)
}

// New returns a refusal with a message made as by fmt.Sprintf.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Input returns a refusal of one input: the sentence says what was wrong with
// the input called field, and what to do.
func Input(field, format string, args ...any) *Error {
	return &Error{
		Code:    Invalid,
		Message: InputMessage,
		State:   map[string]string{field: fmt.Sprintf(format, args...)},
	}
}

// Inputs joins refusals of several inputs into one, so that a person sees all
// that is wrong at once. It returns nil if every err is nil, and the first
// error that is not a refusal of an input if there is one.
func Inputs(errs ...error) error {
	state := map[string]string{}
	for _, err := range errs {
		if err == nil {
			continue
		}
		f, ok := errors.AsType[*Error](err)
		if !ok || f.Code != Invalid {
			return err
		}
		for field, sentence := range f.State {
			state[field] = sentence
		}
	}
	if len(state) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Message: InputMessage, State: state}
}

// CodeOf reports the code of the fault inside err, or Internal if it has none.
func CodeOf(err error) Code {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Code
	}
	return Internal
}
