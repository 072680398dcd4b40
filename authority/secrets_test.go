package authority_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

// files returns all that lies in the folder of a House, apart from the keys.
func files(t *testing.T, h *authoritytest.House) string {
	t.Helper()
	var all strings.Builder
	must(t, filepath.WalkDir(h.Folder(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == h.KeyFile() {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	}))
	return all.String()
}

// parts returns what must not show of a token string: each eight letters of
// what follows its id, and the whole in the usual spellings.
func parts(secret string) []string {
	_, tail, _ := strings.Cut(secret, "~")
	all := []string{
		base64.StdEncoding.EncodeToString([]byte(tail))[:40], hex.EncodeToString([]byte(tail)),
		strings.Join(strings.Split(tail, ""), "\x00"),
	}
	for i := range len(tail) - 8 {
		all = append(all, tail[i:i+8])
	}
	return all
}

func TestAtRest_NothingOfASecretIsInTheStoreTheLogOrTheTrail(t *testing.T) {
	h := authoritytest.Open(t)
	v, first := h.Token(draft("x"))
	verdict(t, h, first, policy.Accepted)
	_, second := rotate(t, h, v.ID, 1000)
	_, third := h.Token(draft("y"))
	next, err := h.ReplaceRoot(t.Context())
	must(t, err)
	for range 3 {
		refuse(h, policy.Wrong, "192.0.2.1")
	}
	must(t, h.FlushRefusals(t.Context()))
	trail, err := json.Marshal(h.Trail())
	must(t, err)
	h.Close()
	places := map[string]string{"the store": files(t, h), "the log": h.Log.String(), "the trail": string(trail)}
	if !strings.Contains(places["the store"], string(v.ID)) {
		t.Fatal("the search does not even find the id")
	}
	for _, secret := range []string{first, second, third, next.Reveal()} {
		for place, text := range places {
			for _, part := range parts(secret) {
				if strings.Contains(text, part) {
					t.Errorf("a part of a secret is in %s", place)
				}
			}
		}
	}
	must(t, h.TryOpen())
}

func TestRefusalsNeverRepeatAWholeTokenStringGivenAsAnID(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	_, secret := h.Token(draft("x"))
	by, _ := h.Holder(policy.AdministerSecurity()...)
	id, yes, text := token.ID(secret), true, "allow all"
	errs := map[string]error{}
	_, _, errs["rotate"] = h.RotateToken(t.Context(), as(root(), "rotateToken"), id, 0)
	errs["update"] = h.UpdatePermissions(t.Context(), as(root(), "update"), id, 0)
	_, errs["note"] = h.UpdateNote(t.Context(), as(root(), "updateSystemTokenNote"), id, "for ci", nil)
	errs["delete"] = h.DeleteToken(t.Context(), as(root(), "deleteToken"), id)
	_, errs["read"] = h.Authority.Token(root(), id)
	_, _, errs["create"] = h.CreateToken(t.Context(), as(root(), "create"), policy.Draft{Name: "y", FilterID: ipfilter.ID(secret)})
	_, errs["filter"] = h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), ipfilter.ID(secret), nil, &text)
	errs["delete filter"] = h.DeleteFilter(t.Context(), as(by, "deleteIPFilter"), ipfilter.ID(secret))
	_, errs["usage"] = h.FilterUsage(root(), ipfilter.ID(secret), 0, 1)
	enforced := ipfilter.ID(secret)
	_, errs["policy"] = h.SetSecurity(t.Context(), as(root(), setAction), policy.Change{System: policy.SystemChange{Enabled: &yes, FilterID: &enforced}})
	_, _ = h.Tokens(root(), token.Query{Search: secret, Limit: 1})
	_, _, _ = h.Events(t.Context(), root(), audit.Query{TokenID: secret, Actor: secret, Limit: 1})
	trail, err := json.Marshal(h.Trail())
	must(t, err)
	for name, err := range errs {
		if err == nil {
			t.Errorf("%s was carried out", name)
			continue
		}
		if strings.Contains(err.Error(), secret[33:41]) {
			t.Errorf("%s repeats it: %v", name, err)
		}
	}
	if !strings.Contains(errs["delete"].Error(), "treat the string as leaked") {
		t.Errorf("nobody is warned: %v", errs["delete"])
	}
	for place, text := range map[string]string{"the trail": string(trail), "the log": h.Log.String()} {
		if strings.Contains(text, secret[33:41]) {
			t.Errorf("it is in %s", place)
		}
	}
}
