package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/client"
)

// A token for twelve hours. The string in the answer is shown this once.
func Example() {
	server := answering(`{"data": {"createSystemToken": {
		"token": "the string of the token",
		"tokenMetadata": {"id": "abc", "name": "nurse", "permissions": ["ReadHealthCheck"], "expireAt": 1764201600000}
	}}}`)
	defer server.Close()

	root := client.New(server.URL, "localroot~…", server.Client().Transport)
	made, err := client.CreateSystemToken(context.Background(), root, client.CreateSystemTokenInput{
		Name:        "nurse",
		Permissions: []client.SystemPermission{client.SystemPermissionReadhealthcheck},
		ExpiresIn:   &client.ExpirationInput{Amount: 12, Unit: client.ExpirationUnitHours},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(made.CreateSystemToken.Token)
	fmt.Println(made.CreateSystemToken.TokenMetadata.Name, made.CreateSystemToken.TokenMetadata.Permissions)

	// Output:
	// the string of the token
	// nurse [ReadHealthCheck]
}

// A refusal has a sentence for a person and a code for a program.
func ExampleNew_refused() {
	server := answering(`{"data": null, "errors": [{
		"message": "Change system permissions not allowed", "extensions": {"code": "FORBIDDEN"}
	}]}`)
	defer server.Close()

	nurse := client.New(server.URL, "abc~…", server.Client().Transport)
	_, err := client.DeleteToken(context.Background(), nurse, client.InputData{Id: "def"})

	var refused gqlerror.List
	if errors.As(err, &refused) {
		fmt.Println(refused[0].Message)
		fmt.Println(refused[0].Extensions["code"])
	}

	// Output:
	// Change system permissions not allowed
	// FORBIDDEN
}

// answering returns a server that gives one answer, in place of tokenscale itself.
func answering(body string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, body)
	}))
}
