// Package effects tells what a change does with the tokens there are, or would do: of the security
// policies by the one judgment, for a preview and for the evidence of the change itself; of an IP
// filter by the addresses from which its tokens were last used. It changes nothing, and knows of no
// caller.
package effects
