// Package storetest is the suite that every store.DB must pass: rows and ranges, transactions that
// are refused or run again, the order of the feed, callers that wait or leave, and a model that
// tries any sequence of them. A new backend calls Run from its own tests.
package storetest
