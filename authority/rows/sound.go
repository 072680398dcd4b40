package rows

import (
	"fmt"
	"strings"

	"tokenscale/store"
)

// Sound returns nil if the row is as this server writes rows of t.
func (r *Rows) Sound(t store.Table, key, row []byte) error {
	switch t {
	case TokensTable:
		return decodes(r.Tokens, key, row)
	case UsesTable:
		return decodes(r.Uses, key, row)
	case FiltersTable:
		return decodes(r.Filters, key, row)
	case AuditTable:
		return decodes(r.Entries, key, row)
	case SubjectsTable:
		return decodes(r.Subjects, key, row)
	case EvidenceTable:
		return decodes(r.Evidence, key, row)
	case SessionsTable:
		return decodes(r.EndedSessions, key, row)
	case TombstonesTable:
		return decodes(r.Tombstones, key, row)
	case TreeTable:
		return decodes(r.Nodes, key, row)
	case CheckpointsTable:
		return decodes(r.Checkpoints, key, row)
	case SegmentsTable:
		return decodes(r.Segments, key, row)
	case IdempotencyTable:
		return decodes(r.Requests, key, row)
	case SettingsTable:
		return r.soundSetting(key, row)
	}
	return fmt.Errorf("there is no table %s", t)
}

func (r *Rows) soundSetting(key, row []byte) error {
	if strings.HasPrefix(string(key), ExportKey+"/") {
		return decodes(r.Export, key, row)
	}
	switch string(key) {
	case PoliciesKey:
		return decodes(r.Policies, key, row)
	case ExportKey:
		return decodes(r.Export, key, row)
	case RootKey:
		return decodes(r.Root, key, row)
	case KeysKey:
		return decodes(r.Sealing, key, row)
	}
	return decodes(r.Numbers, key, row)
}

func decodes[V any](t Table[V], key, row []byte) error {
	_, err := t.Decode(key, row)
	return err
}
