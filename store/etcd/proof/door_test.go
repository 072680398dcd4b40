package proof

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestADoorIsOpenForAWhileAfterAProof(t *testing.T) {
	var d Door
	at := time.Now()
	open := func(what string, after time.Duration, want bool) {
		t.Helper()
		if got := d.Open(at.Add(after), time.Second) == nil; got != want {
			t.Errorf("%s: open %v, want %v", what, got, want)
		}
	}
	open("no proof", 0, false)
	d.Prove(at)
	open("a proof", time.Second-1, true)
	open("a proof that is too old", time.Second, false)
	if set := at.Round(0).Add(time.Hour); d.Open(set, time.Second) == nil {
		t.Error("the machine was suspended, and it is open")
	}
	d.Close()
	open("it was closed", 0, false)
	d.Prove(at)
	open("a proof after that", 0, true)
	d.Shut()
	d.Prove(at)
	open("a proof after it was shut for good", 0, false)
}
