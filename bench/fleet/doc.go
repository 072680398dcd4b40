// Package fleet makes tokens as machines have them, to measure with.
package fleet
