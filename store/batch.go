package store

// BatchSize returns for how many things one transaction of db can do the work: no more than most,
// and no more than Limits takes if each changes so many rows, and all together so many besides.
// It is at least one.
func BatchSize(db DB, most, each, besides int) int {
	rows, _ := db.Limits()
	return max(1, min(most, (rows-besides)/each))
}
