package authority_test

import (
	"strings"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/keyring"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
)

// A text that was stored when the grammar was another one, or that was changed
// by somebody who has the key: its seal is good, and it is no filter.
func TestIPFilters_AStoredTextThatNoLongerParsesLetsNobodyInAndIsTold(t *testing.T) {
	h := authoritytest.Open(t)
	h.Unchecked = true
	id := filter(t, h, "office", "allow 127.0.0.1")
	d := draft("bound")
	d.FilterID = id
	_, bound := h.Token(d)
	_, free := h.Token(draft("free"))
	verdict(t, h, bound, policy.Accepted)
	h.Close()
	for _, text := range []string{"permit 127.0.0.1", "allow 127.0.0.1\nallow 127.0.0.256", "allow 127.0.0.1 # fine\nallow", strings.Repeat("allow all\n", ipfilter.MaxRules+1), "\xff"} {
		keys, err := keyring.Load(h.KeyFile())
		must(t, err)
		row := authority.FilterRow(keys, ipfilter.Filter{ID: id, Name: "office", Text: text})
		behind(t, h, func(w store.Writer) error { return w.Put(authority.Names.Filters, row.Key, row.Value) })
		must(t, h.TryOpen())
		verdict(t, h, bound, policy.Damaged)
		verdict(t, h, free, policy.Accepted)
		if n := h.FilterCount(); n.Shut != 1 || n.All != 1 {
			t.Errorf("%.40q: %d of %d filters are told to be shut, want 1 of 1", text, n.Shut, n.All)
		}
		if !strings.Contains(h.Log.String(), string(id)) {
			t.Errorf("%.40q: the log does not name the filter", text)
		}
		h.Close()
	}
	must(t, h.TryOpen())
	mended := "allow 127.0.0.0/8"
	_, err := h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), id, nil, &mended)
	must(t, err)
	verdict(t, h, bound, policy.Accepted)
	if n := h.FilterCount(); n.Shut != 0 {
		t.Errorf("after its rules were written anew %d filters are shut", n.Shut)
	}
}
