// Package client is a typed client of the GraphQL API: one function for each operation, generated
// from the schema.
//
// A client is made with New and passed to the functions. EachSystemToken walks through whole
// lists of tokens. A refusal of the server is a gqlerror.List: its Message is a sentence for a
// person, and Extensions["code"] a word for a program. The tests of the server drive every
// operation through this package, so it is also a place to look when you write a client in
// another language.
package client
