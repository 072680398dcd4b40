// Package sessions knows of the page's sessions what their cookies do not say:
// which were signed out, and when each token may begin the next.
//
// What was signed out stands in the store until the session would be over anyway,
// so that a copy of its cookie is good for nothing, over restarts too.
package sessions
