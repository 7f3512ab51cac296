# The recipes of Waymark. `make run` and `make test` are all that most people need.

features := waymark/sandbox
release  := target/release
playwright := node_modules/.bin/playwright test

.PHONY: help run program wasm build dist test fmt lint test-rust test-sqlite test-postgres test-workflows test-browser test-interop test-api bench fuzz audit site clean

help: ## Lists the recipes
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: ## Sets everything up and opens the dashboard on the embedded sandbox
	@[ -x target/debug/waymark ] || echo "» the first time this takes about twelve minutes on two cores; the server is most of it"
	@scripts/setup build
	@echo "» building the server, and the site beside it"
	@$(MAKE) --no-print-directory --jobs 2 program wasm
	@scripts/build-site
	@exec target/debug/waymark serve --sandbox

# The two long parts of `run`, side by side: the optimiser of the second uses one core only.
program:
	@cargo build --quiet --package waymark-bindgen
	@cargo build --locked --features $(features) --bin waymark

wasm:
	@cargo build --quiet --package waymark-frontend --target wasm32-unknown-unknown --profile wasm-release

build: ## Builds target/release/waymark with the sandbox, and the site beside it
	scripts/setup build
	scripts/build-site
	cargo build --release --features $(features) --bin waymark
	rm -rf $(release)/site && cp -R target/site $(release)/site

dist: ## Builds the same for production: without the sandbox
	scripts/setup build
	scripts/build-site
	cargo build --release --package waymark --bin waymark
	rm -rf $(release)/site && cp -R target/site $(release)/site

test: ## Checks everything: format, lints, Rust tests on both databases, workflows, browser
	@[ -d target/debug/deps ] || echo "» the first time this takes about half an hour on two cores; compiling is most of it"
	@scripts/setup test
	@$(MAKE) --no-print-directory fmt lint test-rust test-workflows test-interop test-browser

fmt:
	cargo fmt --all --check

lint:
	@echo "» lints: five minutes the first time, then seconds"
	@cargo clippy --quiet --all-targets --features $(features) -- -D warnings
	@cargo clippy --quiet --package waymark-frontend --target wasm32-unknown-unknown -- -D warnings

test-rust: test-sqlite test-postgres

test-sqlite:
	@echo "» Rust tests, on SQLite: ten minutes of compiling the first time, then five of testing"
	@cargo test --quiet --features $(features)

test-postgres:
	@echo "» the server's tests once more, on PostgreSQL: five minutes"
	@scripts/with-postgres cargo test --quiet --features $(features) --package waymark --test it

test-workflows:
	@echo "» scripts and workflow files"
	@node --test --test-reporter dot scripts/
	@node workflows/check.mjs

test-interop: ## Checks with erk's own published readers what Waymark writes
	@echo "» formats, read by erk"
	@scripts/interop

test-browser: ## Runs the README from a fresh clone, then the other browser tests on what that built
	@echo "» the README from a fresh clone (builds it: five minutes), then the browser tests: six"
	@$(playwright) --config end2end/readme.config.ts
	@$(playwright) --config end2end/playwright.config.ts

site:
	scripts/build-site

bench: ## Prints ratios measured side by side in one run
	scripts/setup build
	scripts/bench

test-api: site ## Sends made-up requests to the JSON API (needs Python)
	cargo build --features $(features) --bin waymark
	scripts/schemathesis

fuzz: ## Feeds made-up texts to the readers, 30 minutes each (needs cargo-fuzz)
	scripts/fuzz

audit: ## Looks for known faults in dependencies (needs cargo-deny)
	cargo deny check
	npm audit

clean:
	rm -rf target node_modules
