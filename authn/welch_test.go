package authn_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// welch compares two samples. Beyond 4.5 they differ, but for a chance of one
// in a hundred thousand.
func welch(a, b []float64) float64 {
	meanA, varA := moments(a)
	meanB, varB := moments(b)
	return (meanA - meanB) / math.Sqrt(varA/float64(len(a))+varB/float64(len(b)))
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(x)-1)
}

// trimmed leaves out the slowest tenth: what the machine did meanwhile.
func trimmed(x []float64) []float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return x[:len(x)*9/10]
}

// sample times call n times with texts of each kind, in an order nobody can
// foresee. Nothing else is timed that differs from one text to the next, or it
// is the places in memory that are compared.
func sample(n int, kinds [][]string, prepare, call func(string)) [][]float64 {
	out := make([][]float64, len(kinds))
	for range n {
		for _, kind := range rand.Perm(len(kinds)) {
			text := kinds[kind][rand.IntN(len(kinds[kind]))]
			prepare(text)
			began := time.Now()
			call(text)
			took := time.Since(began)
			out[kind] = append(out[kind], float64(took))
		}
	}
	return out
}
