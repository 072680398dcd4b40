// Package demo fills an empty store with what a company of some size might
// have: tokens of many teams and ages, IP filters with comments, policies, and
// an audit log that tells how all of it came about.
//
// It is made through the commands of an authority, as clients would, and only
// its clock is told what time it is. So nothing here is possible that is not
// possible otherwise.
package demo
