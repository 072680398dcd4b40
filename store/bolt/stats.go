package bolt

import "tokenscale/store"

// Stats implements store.DB.
func (db *DB) Stats() store.Stats {
	s := db.committer.Stats()
	if used, err := db.used(); err == nil { // closed or damaged; the other figures still hold
		s.Used = used
	}
	s.Size = db.file.Load().Size()
	s.MaxSize, s.Reserve = db.options.MaxSize, db.options.Reserve
	s.Readers, s.OldestRead = db.readers.State(db.options.Now())
	db.mu.Lock()
	defer db.mu.Unlock()
	s.Compacting, s.Compactions = db.compacting, db.compactions
	return s
}
