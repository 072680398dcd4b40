package token_test

import (
	"crypto/rand"
	"fmt"
	"strings"

	"tokenscale/token"
)

// A new token: its string goes to whoever asked for it, and only the digest is kept.
func Example() {
	id, secret, err := token.Mint(rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	digester := token.NewDigester([]byte("a key of 32 random bytes, in use"))
	kept := token.Token{ID: id, Name: "nurse", Digest: digester.Digest(secret)}

	// Later a client shows the string again.
	claimed, shown, ok := token.Parse(secret.Reveal())
	fmt.Println("has the shape of a token:", ok)
	fmt.Println("names the token:", claimed == kept.ID)
	fmt.Println("proves it:", digester.Digest(shown).Equal(kept.Digest))

	// However a secret is printed, nothing of it is shown.
	fmt.Printf("%v %+v %q\n", shown, shown, shown)

	// Output:
	// has the shape of a token: true
	// names the token: true
	// proves it: true
	// token(hidden) token(hidden) token(hidden)
}

// Whether a string can be a token is told without asking the server: the last six letters are
// a checksum, so a mistyped string is refused before anything is looked up.
func ExampleParse() {
	_, secret, err := token.Mint(rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	text := secret.Reveal()
	_, _, ok := token.Parse(text)
	fmt.Println("as it was made:", ok)

	_, _, ok = token.Parse(text[:40] + "0000" + text[44:])
	fmt.Println("with four other letters:", ok)

	_, _, ok = token.Parse(" " + text)
	fmt.Println("with a space before it:", ok)

	// Output:
	// as it was made: true
	// with four other letters: false
	// with a space before it: false
}

// A token string that was pasted into a name, a comment or an address is found and hidden.
func ExampleHide() {
	_, secret, err := token.Mint(rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	pasted := `curl -H "Authorization: Bearer ` + secret.Reveal() + `"`

	fmt.Println(token.FindLeak(pasted) == token.WholeLeak)
	fmt.Println(strings.Contains(token.Hide(pasted), secret.Reveal()))

	// Output:
	// true
	// false
}
