// Package transport carries GraphQL over HTTP: it reads what is asked by POST and, for queries, by
// GET, has a gqlgen server carry it out, and writes the answer.
//
// What cannot be a request is refused, and nothing of it is repeated. The server is shared out
// among callers, by who they are and not by how many connections they have: requests under way
// (InFlight), documents that wait to be validated (queue), queries that are carried out (turns),
// and memory, of which package budget keeps the account.
//
// How large a document or the answer to a change may be is for the schema to say: Options ask for
// functions that tell.
package transport
