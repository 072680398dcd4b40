// Package scalar reads and writes the values of GraphQL: whole numbers, texts, permissions.
//
// Arguments are decoded before anybody asks who is calling. So reading a value is cheap, and a
// refusal names the kind of the value and nothing of what it holds.
package scalar
