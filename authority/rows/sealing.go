package rows

import (
	"tokenscale/authority/keyring"
	"tokenscale/store"
)

func packSealing(p *Packer, s keyring.Sealing) {
	p.Number(Version)
	p.Number(uint64(s.Key))
	p.Number(uint64(s.Next))
	p.Flag(s.Done)
	p.Number(s.Step)
}

func unpackSealing(u *Unpacker, _ []byte) keyring.Sealing {
	u.Expect(Version)
	return keyring.Sealing{Key: unpackKeyID(u), Next: unpackKeyID(u), Done: u.Flag(), Step: u.Number()}
}

// Heed has the keys do what the store says of them, if it says anything yet; see
// [keyring.Keys.Heed]. The store must be followed already, with HeedChanges, if others may change
// it.
func (r *Rows) Heed(tx store.Reader) error {
	s, ok, err := r.Sealing.Get(tx, KeysKey)
	if err != nil || !ok {
		return err
	}
	return r.Keys.Heed(s)
}

// HeedChanges is Heed for what was committed.
func (r *Rows) HeedChanges(changes []store.Change) error {
	for _, c := range changes {
		if c.Table != SettingsTable || string(c.Key) != KeysKey || c.Value == nil {
			continue
		}
		s, err := r.Sealing.Decode(c.Key, c.Value)
		if err != nil {
			return err
		}
		return r.Keys.Heed(s)
	}
	return nil
}
