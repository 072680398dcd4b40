package client_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/google/go-cmp/cmp"

	"tokenscale/authn"
	"tokenscale/authority/authoritytest"
	"tokenscale/client"
	"tokenscale/graph"
	"tokenscale/token"
)

// A server over real HTTP, with a client that is root.
func serve(t *testing.T) (root graphql.Client, as func(token string) graphql.Client) {
	t.Helper()
	house := authoritytest.Open(t)
	secret, _, err := house.FirstRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(house.Log, nil))
	authenticator := &authn.Authenticator{Verifier: house.Authority, OnRefused: house.Refused, Log: log}
	api := authn.Identify(nil, authenticator.Protect(graph.NewHandler(graph.Options{Authority: house.Authority, Log: log, Version: "1.2.3--build-4--sha-ab"})))
	mux := http.NewServeMux()
	mux.Handle("/graphql", api)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	as = func(token string) graphql.Client { return client.New(s.URL, token, nil) }
	return as(secret.Reveal()), as
}

// must returns what a call answered, and fails the test if it was refused.
func must[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%T: %v", answer, err)
		}
		return answer
	}
}

func ptr[T any](v T) *T { return &v }

// equal compares what was got with what was wanted.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s (-got +want):\n%s", what, diff)
	}
}

func idOf(secret string) string {
	id, _, ok := token.Parse(secret)
	if !ok {
		return "no token string: " + secret
	}
	return string(id)
}

// none is an empty list: the client would send nil as null.
var none = []client.SystemPermission{}

// A recorder notes the operations that are sent.
type recorder struct {
	graphql.Client
	sent map[string]bool
}

func (r recorder) MakeRequest(ctx context.Context, req *graphql.Request, resp *graphql.Response) error {
	r.sent[req.OpName] = true
	return r.Client.MakeRequest(ctx, req, resp)
}

func TestEveryOperationThroughTheTypedClient(t *testing.T) {
	sent := map[string]bool{}
	for name, drive := range map[string]func(*testing.T, graphql.Client, func(string) graphql.Client){
		"a token through its whole life": lifeOfAToken, "LogScale's own operations": ownOfLogScale, "ours beyond LogScale": beyondLogScale,
	} {
		t.Run(name, func(t *testing.T) {
			root, as := serve(t)
			drive(t, recorder{root, sent}, func(token string) graphql.Client { return recorder{as(token), sent} })
		})
	}
	root, _ := serve(t)
	for _, field := range rootFields(t, root) {
		if !sent[strings.ToUpper(field[:1])+field[1:]] && !sent["IP"+strings.TrimPrefix(field, "ip")] {
			t.Errorf("%s was not driven through the client", field)
		}
	}
}

// rootFields asks the server for the names of all its operations.
func rootFields(t *testing.T, c graphql.Client) []string {
	t.Helper()
	type root struct{ Fields []struct{ Name string } }
	var data struct {
		Schema struct{ QueryType, MutationType root } `json:"__schema"`
	}
	query := `{ __schema { queryType { fields { name } } mutationType { fields { name } } } }`
	if err := c.MakeRequest(t.Context(), &graphql.Request{Query: query}, &graphql.Response{Data: &data}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range slices.Concat(data.Schema.QueryType.Fields, data.Schema.MutationType.Fields) {
		names = append(names, f.Name)
	}
	if len(names) < 26 {
		t.Errorf("the server names only %d operations", len(names))
	}
	return names
}

func lifeOfAToken(t *testing.T, root graphql.Client, as func(string) graphql.Client) {
	ctx := t.Context()
	filter := must(client.CreateIPFilter(ctx, root, client.IPFilterInput{Name: "here", IpFilter: "allow 127.0.0.1\n"}))(t).CreateIPFilter
	equal(t, "the rules come back byte for byte", filter.IpFilter, "allow 127.0.0.1\n")

	made := must(client.CreateSystemToken(ctx, root, client.CreateSystemTokenInput{
		Name: " deploy ", IpFilterId: &filter.Id, ExpiresIn: &client.ExpirationInput{Amount: 2, Unit: client.ExpirationUnitHours},
		Permissions: []client.SystemPermission{client.SystemPermissionChangesystempermissions, client.SystemPermissionManagecluster},
	}))(t).CreateSystemToken
	equal(t, "id", made.TokenMetadata.Id, idOf(made.Token))
	equal(t, "name", made.TokenMetadata.Name, "deploy")
	equal(t, "expiry", *made.TokenMetadata.ExpireAt, authoritytest.Noon.Add(2*time.Hour).UnixMilli())
	equal(t, "filter", *made.TokenMetadata.IpFilter, filter.IpFilter)
	equal(t, "made by", made.TokenMetadata.CreatedBy, "localroot")

	mine := as(made.Token)
	viewer := must(client.Viewer(ctx, mine))(t).Viewer
	equal(t, "viewer", []any{viewer.Id, viewer.Username, viewer.IsRoot, *viewer.ExpireAt}, []any{idOf(made.Token), "deploy", false, *made.TokenMetadata.ExpireAt})
	equal(t, "viewer's permissions", viewer.Permissions, []client.SystemPermission{client.SystemPermissionChangesystempermissions, client.SystemPermissionManagecluster})
	equal(t, "viewerOpt", must(client.ViewerOpt(ctx, root))(t).ViewerOpt.IsRoot, true)

	next := must(client.RotateSystemToken(ctx, root, client.RotateSystemTokenInput{Id: idOf(made.Token), GracePeriodMs: ptr(int64(60_000))}))(t).RotateSystemToken
	old := must(client.Token(ctx, root, idOf(made.Token)))(t).Token.(*client.TokenTokenSystemPermissionsToken)
	equal(t, "the old one's expiry is the end of its grace", *old.ExpireAt, authoritytest.Noon.Add(time.Minute).UnixMilli())
	mine = as(next.Token)
	listed := must(client.SystemTokens(ctx, mine, ptr("deploy"), nil, nil, nil, nil, nil, nil, nil, nil, nil, ptr(client.OrderByDesc), nil, ptr(1), nil))(t).SystemTokens
	equal(t, "both are listed", []any{listed.TotalResults, listed.HasNextPage}, []any{2, true})
	rest := must(client.SystemTokens(ctx, mine, ptr("deploy"), nil, nil, nil, nil, nil, nil, nil, nil, nil, ptr(client.OrderByDesc), nil, ptr(1), listed.EndCursor))(t).SystemTokens
	equal(t, "on two pages", []any{len(rest.Results), rest.HasNextPage, rest.Results[0].Id != listed.Results[0].Id}, []any{1, false, true})
	inGrace := []client.SystemTokenState{client.SystemTokenStateIngraceperiod}
	replaced := must(client.SystemTokens(ctx, root, nil, client.AllSystemPermission[:0], inGrace, nil, nil, []string{filter.Id}, ptr("localroot"), ptr(false), ptr(false), nil, nil, nil, nil, nil))(t).SystemTokens
	equal(t, "in its grace period", []any{replaced.TotalResults, replaced.Results[0].Id}, []any{1, idOf(made.Token)})

	usage := must(client.IPFilterUsage(ctx, root, filter.Id, nil, nil))(t).IpFilterUsage
	equal(t, "tokens under the filter", usage.TotalTokens, 2)
	last := must(client.RotateToken(ctx, root, client.RotateTokenInputData{Id: idOf(next.Token)}))(t).RotateToken
	if _, err := client.Viewer(ctx, as(next.Token)); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("the rotated string is answered with %v, want 401", err)
	}
	equal(t, "deleted", must(client.DeleteSystemToken(ctx, root, client.InputData{Id: idOf(last)}))(t).DeleteSystemToken, true)
	if _, err := client.Viewer(ctx, as(last)); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("the deleted string is answered with %v, want 401", err)
	}
	equal(t, "filter deleted", must(client.DeleteIPFilter(ctx, root, client.IPFilterIdInput{Id: filter.Id}))(t).DeleteIPFilter, true)
}

func ownOfLogScale(t *testing.T, root graphql.Client, _ func(string) graphql.Client) {
	ctx := t.Context()
	first := must(client.CreateSystemPermissionsToken(ctx, root, client.CreateSystemPermissionTokenInput{Name: "b", Permissions: none}))(t).CreateSystemPermissionsToken
	second := must(client.CreateSystemPermissionsTokenV2(ctx, root, client.CreateSystemPermissionTokenV2Input{
		Name: "a", SystemPermissions: []client.SystemPermission{client.SystemPermissionPatchglobal},
	}))(t).CreateSystemPermissionsTokenV2
	equal(t, "permissions", second.TokenMetadata.Permissions, []string{"PatchGlobal"})

	system := []client.Tokens__Type{client.Tokens__TypeSystempermissiontoken}
	page := must(client.Tokens(ctx, root, nil, system, nil, client.Tokens__SortByName, nil, nil, nil))(t).Tokens
	var ids []string
	for _, r := range page.Results {
		ids = append(ids, r.(*client.TokensTokensTokenQueryResultSetResultsSystemPermissionsToken).Id)
	}
	equal(t, "by name", ids, []string{second.TokenMetadata.Id, idOf(first)})
	others := must(client.Tokens(ctx, root, nil, []client.Tokens__Type{client.Tokens__TypeViewpermissiontoken}, nil, client.Tokens__SortByName, nil, nil, nil))(t).Tokens
	equal(t, "tokens of other kinds", []int{others.TotalResults, len(others.Results)}, []int{0, 0})

	if _, err := client.UpdateSystemPermissionsTokenPermissions(ctx, root, client.UpdateSystemPermissionsTokenPermissionsInput{Id: idOf(first), Permissions: none}); err == nil || !strings.Contains(err.Error(), "does not allow") {
		t.Errorf("updating permissions under the policy of a fresh server: %v", err)
	}
	input := client.TokenSecurityPoliciesInput{
		PersonalUserTokensEnabled: true, ViewPermissionTokensEnabled: true, OrganizationPermissionTokensEnabled: true,
		ViewPermissionTokensAllowPermissionUpdates: true, OrganizationPermissionTokensAllowPermissionUpdates: true,
		SystemPermissionTokensEnabled: ptr(true), SystemPermissionTokensAllowPermissionUpdates: ptr(true),
		PersonalUserTokensEnforceExpirationAfterMs: ptr(int64(1000)),
	}
	must(client.UpdateTokenSecurityPolicies(ctx, root, input))(t)
	kept := must(client.Organization(ctx, root))(t).Organization.Configs.Tokens
	equal(t, "what was written is read back", []any{*kept.SystemPermissionTokensAllowPermissionUpdates, *kept.PersonalUserTokensEnforceExpirationAfterMs}, []any{true, int64(1000)})
	equal(t, "the id comes back", must(client.UpdateSystemPermissionsTokenPermissions(ctx, root, client.UpdateSystemPermissionsTokenPermissionsInput{
		Id: idOf(first), Permissions: []client.SystemPermission{client.SystemPermissionListsubdomains},
	}))(t).UpdateSystemPermissionsTokenPermissions, idOf(first))
	equal(t, "deleted", must(client.DeleteToken(ctx, root, client.InputData{Id: idOf(first)}))(t).DeleteToken, true)
	equal(t, "version", must(client.Meta(ctx, root, ptr("http://here")))(t).Meta.Version, "1.2.3--build-4--sha-ab")
}

func beyondLogScale(t *testing.T, root graphql.Client, _ func(string) graphql.Client) {
	ctx := t.Context()
	words := must(client.SystemPermissions(ctx, root))(t).SystemPermissions
	equal(t, "how many permissions", len(words), 16)
	equal(t, "the first", []any{words[0].Name, words[0].Label, words[0].Group}, []any{client.SystemPermissionReadhealthcheck, "Read cluster health check", "Cluster management"})

	trial := must(client.TestIPFilter(ctx, root, "deny 10.0.0.0/8\nallow all\nallow 1.1.1.1", "10.1.2.3"))(t).TestIPFilter
	equal(t, "trial", []any{trial.Allowed, *trial.Line, *trial.Rule, trial.UnreachableLines}, []any{false, 1, "deny 10.0.0.0/8", []int{3}})
	empty := must(client.TestIPFilter(ctx, root, "", "10.1.2.3"))(t).TestIPFilter
	if !empty.Allowed || empty.Line != nil || empty.Rule != nil || len(empty.UnreachableLines) != 0 {
		t.Errorf("no rules: %+v", empty)
	}

	made := must(client.CreateSystemPermissionsToken(ctx, root, client.CreateSystemPermissionTokenInput{Name: "endless", Permissions: none}))(t).CreateSystemPermissionsToken
	input := client.TokenSecurityPoliciesInput{SystemPermissionTokensEnabled: ptr(true), SystemPermissionTokensEnforceExpirationAfterMs: ptr(int64(60_000))}
	impact := must(client.TokenSecurityPoliciesImpact(ctx, root, input, nil, nil))(t).TokenSecurityPoliciesImpact
	equal(t, "impact", []int{impact.Deleted, impact.Capped, impact.Refiltered, impact.Unchanged}, []int{0, 1, 0, 0})
	equal(t, "effect", []any{impact.Tokens[0].Effect, *impact.Tokens[0].NewExpireAt}, []any{client.TokenPolicyEffectCapped, authoritytest.Noon.Add(time.Minute).UnixMilli()})
	untouched := must(client.Token(ctx, root, idOf(made)))(t).Token.(*client.TokenTokenSystemPermissionsToken)
	if untouched.ExpireAt != nil {
		t.Errorf("the preview has capped the token at %d", *untouched.ExpireAt)
	}
	equal(t, "running", must(client.TokenSecurityPoliciesProgress(ctx, root))(t).TokenSecurityPoliciesProgress.Running, false)

	filter := must(client.CreateIPFilter(ctx, root, client.IPFilterInput{Name: "a"}))(t).CreateIPFilter
	changed := must(client.UpdateIPFilter(ctx, root, client.IPFilterUpdateInput{Id: filter.Id, IpFilter: ptr("deny all")}))(t).UpdateIPFilter
	equal(t, "null leaves the name", changed.Name, "a")
	equal(t, "filters", len(must(client.IPFilters(ctx, root))(t).IpFilters), 1)

	hit := must(client.IPFilterImpact(ctx, root, client.IPFilterUpdateInput{Id: filter.Id, IpFilter: ptr("allow all")}, nil, nil))(t).IpFilterImpact
	equal(t, "whom a filter would hit", []int{hit.TotalTokens, hit.Refused, hit.Admitted, len(hit.Tokens)}, []int{0, 0, 0, 0})
	noted := must(client.UpdateSystemTokenNote(ctx, root, client.UpdateSystemTokenNoteInput{Id: idOf(made), Note: "call ops"}))(t).UpdateSystemTokenNote
	equal(t, "the note", *noted.Note, "call ops")
	byNote := must(client.SystemTokens(ctx, root, ptr("OPS"), nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil))(t).SystemTokens
	equal(t, "found by its note", []any{byNote.TotalResults, byNote.Results[0].Id}, []any{1, idOf(made)})
	bare := must(client.UpdateSystemTokenNote(ctx, root, client.UpdateSystemTokenNoteInput{Id: idOf(made)}))(t).UpdateSystemTokenNote
	equal(t, "no note any more", bare.Note == nil, true)
	gone := must(client.DeleteSystemTokens(ctx, root, client.DeleteSystemTokensInput{Ids: []string{idOf(made)}}))(t).DeleteSystemTokens
	equal(t, "deleted at once", gone.Deleted, 1)

	newest := must(client.AuditCheckpoint(ctx, root))(t).AuditCheckpoint
	first := must(client.AuditInclusionProof(ctx, root, "1", ptr(newest.Size)))(t).AuditInclusionProof
	equal(t, "a proof is for the checkpoint", first.RootHash, newest.RootHash)
	same := must(client.AuditConsistencyProof(ctx, root, newest.Size, newest.Size))(t).AuditConsistencyProof
	equal(t, "a log goes on from itself", same.FromRootHash+same.ToRootHash, newest.RootHash+newest.RootHash)

	events := must(client.AuditEvents(ctx, root, []string{"ipfilters.change"}, nil, nil, nil, nil, nil, ptr(1)))(t).AuditEvents
	equal(t, "how many changes of filters", events.TotalResults, 2)
	equal(t, "the newest", *events.Results[0].ActionName, "updateIPFilter")
}
