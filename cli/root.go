package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"tokenscale/app"
	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// rootToken makes a new root token, offline.
type rootToken struct{ app.StoreOptions }

// Run is called by kong.
func (c *rootToken) Run(ctx context.Context, base app.Options) (err error) {
	if c.RootHash != "" {
		return errors.New("BOOTSTRAP_ROOT_TOKEN_HASHED is set, and decides what the root token is: a new one would not work")
	}
	o := base
	o.StoreOptions = c.StoreOptions
	db, keys, err := app.OpenStore(ctx, o, false)
	switch {
	case errors.Is(err, keyring.ErrNoFile):
		return fmt.Errorf("there is no server in %s yet (%w); its first start makes a root token", c.Data, err)
	case errors.Is(err, boltfile.ErrLocked):
		return stopFirst(err)
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	archived, err := o.ArchiveSettings(0)
	if err != nil {
		return err
	}
	a, err := authority.Open(ctx, authority.Options{
		DB: db, Keys: keys, Now: o.Now, Random: o.Random, Log: slog.New(slog.NewTextHandler(o.Stderr, nil)), Archive: archived,
	})
	if err != nil {
		return err
	}
	secret, err := a.ReplaceRoot(ctx)
	if err = errors.Join(err, a.Close(ctx)); err != nil {
		return err
	}
	fmt.Fprintln(o.Stderr, "The new root token follows, this once. The old one no longer works.")
	_, err = fmt.Fprintln(o.Stdout, secret.Reveal())
	return err
}

// hashToken prints the hash of a root token.
type hashToken struct {
	Token string `arg:"" optional:"" help:"The root token, or - to read it from standard input, where no list of processes shows it. Without one, a new one is made and printed too."`
	JSON  bool   `help:"Print an object with the keys secret and hashedToken."`
}

// Run is called by kong.
func (c *hashToken) Run(base app.Options) error {
	secret, err := c.secret(base)
	if err != nil {
		return err
	}
	hash := secret.Hash().String()
	switch {
	case c.JSON:
		return json.NewEncoder(base.Stdout).Encode(struct {
			Secret string `json:"secret"`
			Hash   string `json:"hashedToken"`
		}{secret.Reveal(), hash})
	case c.Token == "":
		_, err = fmt.Fprintf(base.Stdout, "secret: %s\nhashedToken: %s\n", secret.Reveal(), hash)
	default:
		_, err = fmt.Fprintln(base.Stdout, hash)
	}
	return err
}

// secret makes or reads the token.
func (c *hashToken) secret(base app.Options) (token.Secret, error) {
	if c.Token == "" {
		return token.MintFor(token.Root, base.Random)
	}
	text := c.Token
	if text == "-" {
		line, err := io.ReadAll(io.LimitReader(os.Stdin, 4096))
		if err != nil {
			return token.Secret{}, fmt.Errorf("reading the token: %w", err)
		}
		text = strings.TrimRight(string(line), "\r\n")
	}
	id, secret, ok := token.Parse(text)
	if !ok || id != token.Root {
		return token.Secret{}, fmt.Errorf("this is no root token: one is %s~ and 44 letters and digits, the last six of them a checksum; without an argument, hash-token makes one", token.Root)
	}
	return secret, nil
}
