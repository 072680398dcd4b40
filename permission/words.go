package permission

// Name returns the name p has in the API, or "" if there is no such permission.
func (p Permission) Name() string { return wordsOf(p).name }

// String returns Name.
func (p Permission) String() string { return p.Name() }

// Label returns what people call p: LogScale's words.
func (p Permission) Label() string { return wordsOf(p).label }

// Group returns the group in which p is shown to people.
func (p Permission) Group() string { return wordsOf(p).group }

// Description says in a sentence what p allows.
func (p Permission) Description() string { return wordsOf(p).description }

// Warning says what to beware of before granting p, or is empty.
func (p Permission) Warning() string { return wordsOf(p).warning }

func wordsOf(p Permission) wording {
	if p >= count {
		return wording{}
	}
	return words[p]
}

type wording struct{ name, label, group, description, warning string }

const (
	groupOther         = "Other"
	groupSubdomains    = "Subdomains"
	groupCluster       = "Cluster management"
	groupOrganizations = "Organization management"
)

// words holds labels and groups as in LogScale's "Cluster Management
// Permissions"; the descriptions are our own.
var words = [count]wording{
	ReadHealthCheck:                   {"ReadHealthCheck", "Read cluster health check", groupCluster, "See the result of the health checks.", ""},
	ViewOrganizations:                 {"ViewOrganizations", "View customer organizations", groupOrganizations, "See which organizations exist.", ""},
	ManageOrganizations:               {"ManageOrganizations", "Manage customer organizations", groupOrganizations, "Create organizations and change them.", ""},
	ImportOrganization:                {"ImportOrganization", "Import organization", groupOrganizations, "Bring an organization into the cluster.", ""},
	DeleteOrganizations:               {"DeleteOrganizations", "Delete organizations", groupOrganizations, "Remove organizations from the cluster.", ""},
	ChangeSystemPermissions:           {"ChangeSystemPermissions", "Change system permissions", groupOther, "Hand out and take away system permissions; administer system tokens.", ""},
	ManageCluster:                     {"ManageCluster", "Manage cluster", groupCluster, "Change the settings and operation of the cluster, IP filters and security policies.", ""},
	IngestAcrossAllReposWithinCluster: {"IngestAcrossAllReposWithinCluster", "Ingest across all repositories within cluster", groupOther, "Send data into any repository.", ""},
	DeleteHumioOwnedRepositoryOrView:  {"DeleteHumioOwnedRepositoryOrView", "Delete Falcon LogScale owned repository", groupOther, "Remove a system repository.", "Without its system repositories, problems of the cluster may be impossible to diagnose."},
	ChangeUsername:                    {"ChangeUsername", "Change username", groupOther, "Give an existing user another name.", ""},
	ChangeFeatureFlags:                {"ChangeFeatureFlags", "Change feature flags", groupOther, "Switch features on or off, for the cluster or for one organization.", ""},
	ChangeSubdomains:                  {"ChangeSubdomains", "Change subdomains", groupSubdomains, "Change how subdomains are set up.", ""},
	ListSubdomains:                    {"ListSubdomains", "List subdomains", groupSubdomains, "See the subdomains in use.", ""},
	PatchGlobal:                       {"PatchGlobal", "Patch global", groupCluster, "Edit the global snapshot of the cluster.", "A wrong edit can break the whole cluster. Use it only together with support."},
	ChangeBucketStorage:               {"ChangeBucketStorage", "Change bucket storage", groupCluster, "Change where and how bucket data is stored.", ""},
	ManageOrganizationLinks:           {"ManageOrganizationLinks", "Manage organization links", groupOther, "Link organizations as parent and child.", ""},
}
