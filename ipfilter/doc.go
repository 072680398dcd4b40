// Package ipfilter decides from which addresses a token may be used.
//
// A filter is a text of rules, one a line:
//
//	text    = line { "\n" line }
//	line    = [ rule ] { ";" [ rule ] } [ comment ]
//	rule    = action where
//	action  = "allow" | "deny"
//	where   = "all" | address | address "/" bits
//	comment = "#" and everything to the end of its line
//
// Words stand apart by spaces or tabs and may be written in any case. An
// address is IPv4 or IPv6. A range may have host bits set, as LogScale's own
// examples do; they are masked, so 192.168.0.1/24 is 192.168.0.0/24.
//
// The first rule that matches decides. If none does, the address is refused
// when the text has an allow rule anywhere, and let in when it has none: a
// list of allow rules means "only these", a list of deny rules "all but these".
// LogScale's documentation contradicts itself about the order; this is the
// reading of its newest page.
//
// An address has one meaning however it is written: IPv4 inside IPv6
// (::ffff:10.0.0.1) is IPv4, in rules too, and zones (%eth0) are dropped. So
// ::/0 is IPv6 only, and all is both.
package ipfilter
