// Package budget bounds the memory that GraphQL answers take, and the requests they answer.
//
// A [Budget] is what all requests under way may take together, and each caller of it. A [Meter]
// counts for one request: the bytes of its body while they are read, the values in it before they
// are decoded, and the answer while its fields are resolved. Where there is no room, or the answer
// becomes too large, it stops what works for that answer, so that memory never holds more than a
// part of one that will not be sent. The generated code of package graph asks it before each
// object, text and element of a list.
package budget
