# The surface of the project; what each target does is written in scripts/.
# `make help` lists the targets.

.DEFAULT_GOAL := help
.PHONY: help run dev build test check lint fmt generate e2e rush bench lighthouse test-fuzz supply repro release mutants images doctor clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build what changed and serve http://127.0.0.1:8080 with demo data
	@scripts/run.sh

dev: ## both halves with hot reload: pages on :5173, API on :8080
	@scripts/dev.sh

build: ## bin/cinema, one static file that holds the pages
	@scripts/build.sh

test: ## everything, stage by stage; installs what it lacks (STAGES="go web" for some)
	@scripts/test.sh $(STAGES)

check: ## formatting, lint, generated files, the composition and its images: what must hold before a commit
	@scripts/test.sh build check && scripts/images.sh

lint: ## formatting and lint only, nothing is written
	@scripts/lint.sh

fmt: ## rewrite formatting and what the linters can mend themselves
	@scripts/lint.sh --fix

generate: ## API document, its TypeScript types and the configuration page from the code
	@scripts/build.sh && scripts/generate.sh

e2e: ## browser tests against bin/cinema
	@scripts/test.sh build e2e

test-fuzz: ## every fuzz target for FUZZTIME (30s) each; in `make test` they run on what is kept
	@scripts/fuzz.sh

mutants: ## switch each security rule off in a copy, and see its test fail
	@scripts/mutants.sh

supply: build ## licences, sums, secrets and known vulnerabilities of everything that is shipped
	@scripts/supply.sh

repro: ## build the last commit twice, apart, and compare
	@scripts/supply.sh repro

release: ## binaries for Linux and macOS with sums, bills of materials and notices, in bin/release
	@scripts/supply.sh release

rush: ## the big rush: many buyers, one hall, the server killed on the way
	@scripts/build.sh && RUSH=big go test -tags nomsgpack -count=1 -timeout 20m -v -run TestRush ./test/rush

bench: ## figures of speed: holds, HTTP, durable confirms, WebSocket deliveries
	@scripts/build.sh && scripts/bench.sh

lighthouse: ## accessibility and best practices of every customer page in both themes, 100 asked
	@scripts/build.sh && scripts/lighthouse.sh

images: ## build both container images and start them, without an engine (root, Linux)
	@scripts/images.sh

doctor: ## what is missing on this machine, each with the line that installs it
	@scripts/doctor.sh

clean: ## remove what was built; data/ and the tools stay
	@rm -rf bin .tools/reports .tools/web.stamp .tools/cinema-dev web/playwright-report web/test-results coverage
	@find web/dist -mindepth 1 ! -name .gitkeep -delete
