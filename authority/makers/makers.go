// Package makers tells what tokens were called that have made others, and of which nothing is left
// but what the audit log says.
package makers

import (
	"context"
	"log/slog"
	"sync"

	"tokenscale/authority/ledger"
	"tokenscale/store"
	"tokenscale/token"
)

// kept is of how many makers the names are kept at once. There are few who make tokens.
const kept = 10_000

// Makers finds names in the log, and keeps them: they never change. It is safe for concurrent use.
type Makers struct {
	db     store.DB
	ledger ledger.Ledger
	log    *slog.Logger

	mu    sync.Mutex
	names map[token.Number]string
}

// New returns Makers that read db.
func New(db store.DB, l ledger.Ledger, log *slog.Logger) *Makers {
	return &Makers{db: db, ledger: l, log: log, names: map[token.Number]string{}}
}

// Name returns what the token with a number is, or was, called. It is empty if the log does not
// tell, as after its entry was lost, or cannot be read, which is logged.
func (m *Makers) Name(n token.Number) string {
	if n == 0 {
		return ""
	}
	m.mu.Lock()
	name, known := m.names[n]
	m.mu.Unlock()
	if !known {
		name = m.find(n)
	}
	return name
}

func (m *Makers) find(n token.Number) (name string) {
	err := m.db.View(context.Background(), func(r store.Reader) (err error) {
		name, err = m.ledger.NameOf(r, n)
		return err
	})
	if err != nil {
		m.log.Warn("the name of a token that has made others could not be read", "err", err)
		return ""
	}
	if name == "" {
		return "" // a node that is behind may hear of the entry later
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.names) >= kept {
		clear(m.names)
	}
	m.names[n] = name
	return name
}
