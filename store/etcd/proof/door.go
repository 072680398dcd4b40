// Package proof says for how long a node may answer for tokens after it has proved that it knows
// what others have committed.
package proof

import (
	"sync/atomic"
	"time"

	"tokenscale/store"
)

// A Door says whether a node may answer. It is open for a while after a proof was begun: a node
// that is cut off, or stands still, finds it closed, and nobody need tell it so. The zero value is
// closed. It is safe for concurrent use.
type Door struct {
	began atomic.Pointer[time.Time] // of the newest proof; nil if there is none
	shut  atomic.Bool
}

// Prove opens the door: a proof was begun at some moment.
func (d *Door) Prove(began time.Time) { d.began.Store(&began) }

// Close closes the door until the next proof.
func (d *Door) Close() { d.began.Store(nil) }

// Shut closes the door for good.
func (d *Door) Shut() { d.shut.Store(true) }

// IsShut reports whether Shut was called.
func (d *Door) IsShut() bool { return d.shut.Load() }

// Open returns nil while the newest proof was begun less than most before now, and else
// store.ErrNotProven.
//
// Both clocks count: the monotonic one stands still while a machine is suspended, and the other
// may be set back.
func (d *Door) Open(now time.Time, most time.Duration) error {
	at := d.began.Load()
	if at == nil || d.shut.Load() || now.Sub(*at) >= most || now.Round(0).Sub(at.Round(0)) >= most {
		return store.ErrNotProven
	}
	return nil
}
