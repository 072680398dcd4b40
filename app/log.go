package app

import (
	"fmt"
	"log/slog"

	"tokenscale/token"
)

// NewLog returns the log on standard error.
func NewLog(o Options) *slog.Logger {
	h := &slog.HandlerOptions{Level: o.LogLevel, ReplaceAttr: withoutSecrets}
	if o.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(o.Stderr, h))
	}
	return slog.New(slog.NewTextHandler(o.Stderr, h))
}

// withoutSecrets takes out of the log what may be the secret half of a token.
// Nothing we log should hold one; this is for the error of a library that quotes
// what it was given, and for what nobody has thought of.
func withoutSecrets(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(token.Hide(a.Value.String()))
	case slog.KindAny: // errors, and the causes of panics
		if a.Key == slog.LevelKey { // in every line, and never from outside
			break
		}
		if text := fmt.Sprint(a.Value.Any()); token.Hide(text) != text {
			a.Value = slog.StringValue(token.Hide(text))
		}
	}
	return a
}
