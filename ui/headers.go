package ui

import "net/http"

// The content security policies. The page runs under the strictest one a page can have: only its
// own files, no inline script or style, no way to turn a string into markup. The one hash allows a
// fixed rule (`touch-action`) that the component library adds to the document. The explorer's
// editor writes style elements and starts workers, which Trusted Types would break; it is a
// document of its own for that reason.
const (
	pagePolicy = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; " +
		"img-src 'self' data:; style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
	documentPolicy = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
	explorerPolicy = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; " +
		"style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)

// SetDocumentHeaders sets the headers of a document that belongs to the page and has no script of
// its own.
func SetDocumentHeaders(h http.Header) { setSecurityHeaders(h, documentPolicy) }

// setSecurityHeaders sets what every answer of this package carries, whatever it holds.
func setSecurityHeaders(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-read=(), clipboard-write=(self)")
}
