package main

// outlive has nothing to do: Windows knows no other signals.
func outlive() {}
