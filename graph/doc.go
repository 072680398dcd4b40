// Package graph speaks GraphQL: gqlgen's generated code, the resolvers it calls, and what stands
// around them.
//
// There are no rules here. A resolver takes the actor from the context, makes one call to the
// authority, and shapes the answer. What a root field requires stands in the schema: the @requires
// directive refuses early, and the command in the authority asks again.
//
// The rest protects the server from documents that are large, deep or many: a document is measured
// before it is validated, and the answer to a change before it is made. Package transport reads
// requests and writes answers, and package budget counts what they take. Errors become GraphQL in
// errors.go and nowhere else.
package graph
