// Package store is the contract between the rules above and the bytes below: tables of rows,
// transactions over them, and one feed of what was committed.
//
// It knows keys and values and nothing of what they mean. A backend keeps the contract by passing
// the suite in store/storetest. The parts that matter most to a caller:
//
//   - the function given to Update may run more than once, so clock and chance stay outside it;
//   - Update returns only after every follower has seen the change, so that whoever reads what a
//     follower keeps reads their own write;
//   - followers see the changes in the order in which they were committed.
package store
