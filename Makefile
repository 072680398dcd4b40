# What is needed: make, git, Go 1.26 and Node 20 or newer. All else is fetched.
#
#   make build      bin/tokenscale, with its version in it
#   make test       what the README promises: vet, all Go tests, the page's tests, a real browser
#   make check      what CI runs: form, lint, generated files, fuzzing, test
#   make platforms  the program for each system and processor it is made for, compiled
#   make generate   graph/, client/ and the page's types from schema.graphqls
#   make ui         ui/dist from ui/src
#   make cluster    three members of etcd and three nodes on this machine, until Ctrl-C; CLUSTERFLAGS='-folder DIR' keeps them
#   make bench      figures against references, printed; BENCHFLAGS='-tokens 1000000 -write' puts them into docs/performance.md
#   make bench-growth   how they grow with the number of tokens; with BENCHFLAGS=-write into the page, and the plot
#   make bench-cluster  what several nodes on etcd cost, printed; BENCHFLAGS=-write puts it into the page
#   make bench-compare BASE=REV   the benchmarks of the packages, here and at REV
#   make mutation   whether the tests notice small mistakes in the rules; a quarter of an hour
#   make soak       the fault tests for hours instead of minutes, with their figures

SHELL     := /bin/sh
VERSION   ?= 0.1.0
BUILD     ?= $(shell git rev-list --count HEAD 2>/dev/null || echo 0)
REVISION  ?= $(shell git rev-parse --short=9 HEAD 2>/dev/null || echo 0000000)
LDFLAGS   := -s -w -X main.number=$(VERSION) -X main.build=$(BUILD) -X main.revision=$(REVISION)
LINT      := go tool -modfile=tools/go.mod golangci-lint
FUZZTIME  ?= 5s
# One way to compile for all that is run here, or it would be done twice.
export GOFLAGS := $(shell go env GOFLAGS) -trimpath
# The race detector needs a C compiler.
RACE      := $(if $(shell command -v $(CC) 2>/dev/null),-race)
MODULES   := ui/node_modules/.package-lock.json
GENERATED := graph/generated.go graph/model/models_gen.go client/operations.go

.NOTPARALLEL:
.PHONY: build cluster platforms generate ui test vet gotest uitest e2e conformance chromium check form lint fresh fresh-generated fresh-ui fuzz bench bench-growth bench-cluster stock bench-compare faulttools proxytools soak mutation

build:
	go build -ldflags '$(LDFLAGS)' -o bin/tokenscale .

# What runs on them is for their users to see; here they must compile. `make check` takes those
# between which code differs: each system, and a processor of 32 bits.
PLATFORMS ?= linux/amd64 linux/arm64 linux/386 linux/arm darwin/arm64 darwin/amd64 freebsd/amd64 windows/amd64
platforms:
	@for p in $(PLATFORMS); do \
		echo "compiling for $$p"; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} go build -o /dev/null . || exit 1; \
	done

generate: $(MODULES)
	go run ./graph/generate
	go generate ./client
	cd ui && npm run --silent generate

ui: $(MODULES)
	cd ui && npm run --silent build

$(MODULES): ui/package-lock.json
	cd ui && npm ci --no-audit --no-fund
	touch $@

# The Go tests come last: their closing lines are what a reader looks for.
test: vet uitest e2e conformance gotest

vet: stock
	go vet ./...
	go vet -tags bench ./authority/... ./bench/... ./faulttest/...

# What the authority does on a store in etcd, in less than a minute; all of it by `make soak`.
ONETCD ?= Nodes_|Batches|Revoked|Traps_|Denied|Reading|Refused_|Checkpoint|Expiring|IdempotencyKey_C|AMaker

# Packages are tested two at a time, so the two that take longest begin.
gotest: faulttools proxytools stock
	@test -n '$(RACE)' || echo 'note: no C compiler, so the tests run without the race detector'
	go test -tags bench ./bench/...
	go test $(RACE) -timeout 20m ./faulttest ./store/etcd ./...
	TOKENSCALE_TEST_STORE=etcd go test $(RACE) -run '$(ONETCD)' ./authority

# The fault tests cut the power of disks of their own and break system calls.
faulttools:
	@if test "$$(id -u)" = 0 && command -v apt-get >/dev/null && ! { command -v strace && command -v mkfs.xfs && command -v mkfs.ext4 && command -v ip && command -v logrotate; } >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends strace xfsprogs e2fsprogs iproute2 logrotate >/dev/null || true; \
	fi
	@test "$$(id -u)" = 0 || echo 'SKIPPED: the power cuts, full disks, unsafe homes and networks of faulttest; they need root'
	@for tool in strace mkfs.ext4 mkfs.xfs ip logrotate; do command -v $$tool >/dev/null || echo "SKIPPED: what faulttest does with $$tool"; done

# TestProxies runs the configurations of docs/proxies.md. RUNLEVEL keeps the
# packages from starting services of their own.
proxytools:
	@if test "$$(id -u)" = 0 && command -v apt-get >/dev/null && ! { command -v nginx && command -v caddy && command -v haproxy; } >/dev/null; then \
		apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends nginx-light caddy haproxy >/dev/null || true; \
	fi
	@PATH="$$PATH:/usr/sbin"; for tool in nginx caddy haproxy; do command -v $$tool >/dev/null || echo "SKIPPED: what TestProxies does with $$tool"; done

soak: faulttools $(MODULES) chromium build stock
	SOAK=1 go test -count=1 -v -run TestSoak ./authn
	SOAK=1 go test -count=1 -v -run TestRefused_AFlood ./authority
	SOAK=1 go test -count=1 -timeout 1h -v -run 'History|CutOff' ./store/etcd
	SOAK=1 go test -count=1 -v -run TestString ./token
	TOKENSCALE_TEST_STORE=etcd go test -count=1 -timeout 30m ./authority
	go test -count=1 -v -run 'Idempotent|Shrinks|Revives|LateJudgment|SinceHas|NoEscalation_From' ./policy -rapid.checks 100000
	@browser="$$(command -v chromium chromium-browser google-chrome | head -n 1)"; \
	if test -z "$$browser"; then echo 'SKIPPED: each state of the page at every width; it needs Chromium'; exit 0; fi; \
	cd ui && E2E_ALL=1 CHROMIUM="$$browser" TOKENSCALE_BINARY='$(CURDIR)/bin/tokenscale' node --test e2e/states.test.mjs
	@browser="$$(command -v chromium chromium-browser google-chrome | head -n 1)"; \
	if test -z "$$browser"; then echo 'SKIPPED: the download of a million; it needs Chromium'; exit 0; fi; \
	folder="$$(mktemp -d)"; trap 'rm -rf "$$folder"' EXIT; \
	go run -tags bench ./bench -fill "$$folder/store" -tokens 1000000 >"$$folder/token" && \
	cd ui && E2E_STORE="$$folder/store" E2E_STORE_TOKEN="$$folder/token" CHROMIUM="$$browser" TOKENSCALE_BINARY='$(CURDIR)/bin/tokenscale' node --test e2e/million.test.mjs
	SOAK=1 go test -tags bench -count=1 -timeout 6h -v ./faulttest

# One small mistake at a time; see mutation/main.go and mutation/survivors.txt.
mutation:
	go run ./mutation authn ipfilter permission policy token

uitest: $(MODULES)
	cd ui && npm run --silent check && npm run --silent test

e2e: $(MODULES) chromium build
	@browser="$$(command -v chromium chromium-browser google-chrome | head -n 1)"; \
	if test -z "$$browser"; then echo 'SKIPPED: the browser tests; they need Chromium'; exit 0; fi; \
	cd ui && CHROMIUM="$$browser" TOKENSCALE_BINARY='$(CURDIR)/bin/tokenscale' npm run --silent e2e

# The audits of the GraphQL over HTTP specification, and the clients of others,
# LogScale's own client build among them, against the real server.
conformance: build
	cd client/conformance && npm ci --silent --no-audit --no-fund && E2E_BINARY='$(CURDIR)/bin/tokenscale' npm run --silent test

chromium:
	@if test -z "$$(command -v chromium chromium-browser google-chrome)" && test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	fi

check: PLATFORMS = linux/386 darwin/arm64 freebsd/amd64 windows/amd64
check: form lint vet platforms fresh fuzz test

# How the code looks and which way its imports point is known in seconds, so CI says it first.
form:
	@test -z "$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l)" || { git ls-files -co --exclude-standard '*.go' | xargs gofmt -l; echo 'gofmt the files above'; exit 1; }
	go test -run 'Columns|Arrows|Shelf|TimeComes|BeforeMain|LeftBehind' .

lint:
	$(LINT) run ./...

# Generated files are made again and must come out as they were.
fresh: fresh-generated fresh-ui

fresh-generated: $(MODULES)
	@before=$$(cat $(GENERATED) | cksum); $(MAKE) --no-print-directory generate; \
	test "$$before" = "$$(cat $(GENERATED) | cksum)" || { echo 'graph/ or client/ is not what schema.graphqls makes: commit what `make generate` wrote'; exit 1; }

fresh-ui: $(MODULES)
	@before=$$(find ui/dist -type f | sort | xargs cksum); $(MAKE) --no-print-directory ui; \
	test "$$before" = "$$(find ui/dist -type f | sort | xargs cksum)" || { echo 'ui/dist is not what ui/src makes: commit what `make ui` wrote'; exit 1; }

# Each fuzz target for a short while; what it finds, it leaves in testdata/fuzz.
# Before 1.27 Go sometimes takes the end of the time for a failure, which leaves
# nothing there (golang/go issue 75804).
fuzz:
	@git ls-files -co --exclude-standard '*_test.go' | xargs grep -o '^func Fuzz[A-Za-z0-9_]*' | sort | while IFS=: read -r file name; do \
		echo "fuzzing $${name#func } in $$(dirname "$$file")"; \
		go test -run '^$$' -fuzz "^$${name#func }\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" >fuzz.out 2>&1 || \
		{ grep -q '^ *context deadline exceeded$$' fuzz.out && ! grep -q 'Failing input\|panic' fuzz.out; } || { cat fuzz.out; rm -f fuzz.out; exit 1; }; \
	done; status=$$?; rm -f fuzz.out; exit $$status

cluster: build
	go run ./cluster $(CLUSTERFLAGS)

# Both need Linux, and a machine with nothing else to do if the figures are to
# mean much. They say first what they load, and print what they find; without
# -write they leave the documents alone. `make bench` takes a minute and a half
# on two cores; with -tokens 1000000 it is thorough, and takes some ten.
# BENCHFLAGS=-help tells the rest.
bench: stock
	go run -tags bench ./bench $(BENCHFLAGS)

bench-growth: stock
	go run -tags bench ./bench -growth $(BENCHFLAGS)

bench-cluster:
	go run -tags bench ./bench/cluster $(BENCHFLAGS)

# The server of the bench's references, as gqlgen makes it.
stock:
	go run -tags bench ./bench/stockgen

# The benchmarks of the packages, here and at BASE, in turns. Interrupted, it
# leaves nothing behind either.
BASE ?= HEAD~1
COUNT ?= 6
BENCHED ?= ./token ./authn ./authority/... ./store/bolt ./web
bench-compare:
	@folder=$$(mktemp -d) && trap 'git worktree remove --force "$$folder/old"; rm -rf "$$folder"' EXIT && trap 'exit 130' INT TERM && \
	git worktree add -q --detach "$$folder/old" $(BASE) && \
	for turn in $$(seq $(COUNT)); do \
		(cd "$$folder/old" && go test -run '^$$' -bench . -benchmem -count 1 $(BENCHED)) >>"$$folder/base" && \
		go test -run '^$$' -bench . -benchmem -count 1 $(BENCHED) >>"$$folder/here" || exit; \
	done && \
	go tool -modfile=tools/go.mod benchstat "$(BASE)=$$folder/base" "here=$$folder/here"
