package authn

import (
	"context"
	"math/bits"
	"net/netip"
	"time"
)

// Delay counts a refusal of the client at from. If it has failed too often,
// Delay returns only when its answer is due, or ctx ends, and how long it
// should have waited.
func (t *Throttle) Delay(ctx context.Context, from netip.Addr) time.Duration {
	wait := t.Refused(from)
	if wait > 0 {
		t.hold(ctx, from, wait)
	}
	return wait
}

// hold returns after wait, and up to a second later if other answers to the
// client are held back already, or when ctx ends. So a client that does not slow
// down is slowed down: on one connection it has two attempts in each interval,
// one that is due and one that is held back. When many answers are being held
// back already it returns at once: a proxy, whose connections all its clients
// share, must not run out of them.
func (t *Throttle) hold(ctx context.Context, from netip.Addr, wait time.Duration) {
	if c, more := t.enter(from); c != nil {
		defer t.leave(c)
		t.sleep(ctx, wait+more)
	}
}

// enter returns nil if there is no room, and how much longer to wait: as long
// as those before it would take, but at most a part of a second that differs
// much from one to the next. Or all answers that were held back would be given
// at one moment, and a thousand clients would knock again at the next.
func (t *Throttle) enter(from netip.Addr) (c *knocker, more time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.knocker(from)
	if t.held >= t.room || k.held >= t.room/2 {
		return
	}
	t.turn += goldenSection
	part, _ := bits.Mul32(t.turn, uint32(time.Second)) // t.turn is a part of 2^32
	more = min(time.Duration(k.held)*t.interval, time.Duration(part))
	t.held++
	k.held++
	return k, more
}

// goldenSection is that of 2^32: its multiples, modulo 2^32, are spread evenly.
const goldenSection = 0x9E3779B9

func (t *Throttle) leave(c *knocker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held--
	c.held--
}

// Sleep returns after d, or when ctx ends.
func Sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
