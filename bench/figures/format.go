//go:build bench

package figures

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Number writes n as a whole number, in groups of three digits.
func Number(n float64) string {
	text := strconv.FormatFloat(n, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Micros writes d in microseconds.
func Micros(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }

// Millis writes d in milliseconds.
func Millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }

// Seconds writes d in seconds.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// Nanos writes a number of nanoseconds.
func Nanos(ns float64) string { return fmt.Sprintf("%.0f ns", ns) }

// MiB writes a number of bytes.
func MiB(n int64) string { return fmt.Sprintf("%s MiB", Number(float64(n>>20))) }

// Median returns the middle one of what is taken of each element.
func Median[E any, V cmp.Ordered](all []E, of func(E) V) V {
	values := make([]V, len(all))
	for i, e := range all {
		values[i] = of(e)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// Same is what Median takes of elements that are values themselves.
func Same[V any](v V) V { return v }
