// Package figures writes what was measured as Markdown, and puts it into a page.
package figures
