# Natter's commands. `make` alone lists them.

export PATH := $(CURDIR)/.tools/venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

PORT ?= 8787
DATA_DIR ?= .natter
# The architecture of the deployed functions: arm64 or x86_64.
ARCHITECTURE ?= arm64
# For `make soak`.
CONNECTIONS ?= 200
TURNS ?= 2000
SEED ?= 7
SKEW ?= 5
# Which of the stacks in samconfig.toml.
ENVIRONMENT ?= default
# For `make secret`.
SECRET ?= natter/model-api-key
export PORT DATA_DIR ARCHITECTURE ENVIRONMENT

scripts := .ci/run $(wildcard infra/*.sh infra/*/*.sh)

# The agents of `make dev`: those of this deployment, in their long or their short form; else those of the example.
dev_tools := $(wildcard tools.toml)
dev_agents := $(firstword $(wildcard agents) $(if $(dev_tools)$(AGENTS)$(SYSTEM_PROMPT),,examples/agents))
dev_beside := $(addprefix --beside ,$(wildcard examples/order_tool/template.yaml))

.DEFAULT_GOAL := help
.PHONY: help dev web watch chat check format test evals soak bench bench-growth bench-local test-model test-emulator types audit sbom build release deploy destroy logs secret agents forget-user probe probe-destroy clean programs

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

dev: clients/web/dist programs ## Run everything on http://127.0.0.1:8787; set PORT, DATA_DIR, OPENAI_* or FAULTS=post429:0.1,kill:0.02,seed=7
	@export TOOLS_FILE="$${TOOLS_FILE:-$(dev_tools)}" AGENTS_DIRECTORY="$${AGENTS_DIRECTORY:-$(dev_agents)}"; exec target/debug/natter-local --template template.yaml --functions target/debug --site clients/web/dist $(dev_beside)

web: clients/web/node_modules ## Build the web page, and again whenever its source changes: beside `make dev`
	@npm run --silent --prefix clients/web build -- --watch

watch: .tools/deployment.installed clients/web/dist programs ## The same, with functions that are built anew when their source changes
	@infra/development/watch.sh

chat: clients/typescript/dist ## Chat in the terminal, with what make dev runs; ARGUMENTS="--url wss://… --token …" for another server
	@node clients/typescript/examples/terminal/main.js $(ARGUMENTS)

check: .tools/lint.installed infra/tools/node_modules clients/typescript/node_modules clients/web/node_modules tests/page/node_modules ## Check format, lints, types, imports between modules, and names in the documents
	cargo fmt --all -- --check
	cargo clippy --workspace --features natter/schema --all-targets -- --deny warnings
	ruff check --quiet
	ruff format --quiet --diff
	shfmt --diff $(scripts)
	shellcheck --external-sources $(scripts)
	infra/tools/node_modules/.bin/biome check --error-on-warnings
	python3 infra/development/check_documents.py
	python3 infra/development/check_modules.py
	npm run --silent --prefix clients/typescript check
	npm run --silent --prefix clients/web check
	npm run --silent --prefix tests/page check

format: .tools/lint.installed infra/tools/node_modules ## Format all code, and apply the safe fixes of the linters
	cargo fmt --all
	ruff check --quiet --fix --exit-zero
	ruff format --quiet
	shfmt --write $(scripts)
	infra/tools/node_modules/.bin/biome check --write

test: ## Run all checks and tests; installs what they need into .tools
	@infra/development/test.sh

evals: programs ## Hold the conversations of the cases in DIRECTORY (agents), with the model that is connected or with scripts; AGENT=clerk only its own
	@target/debug/evals $(or $(DIRECTORY),$(firstword $(wildcard agents) examples/agents)) --junit target/evals.xml $(addprefix --agent ,$(AGENT)) 2> target/evals.log

soak: .tools/faketime.installed programs ## Run many turns with random faults and clock skew; set CONNECTIONS, TURNS, SEED, FAULTS or SKEW
	@cargo run --package natter-tests --bin soak -- --connections $(CONNECTIONS) --turns $(TURNS) --seed $(SEED) --skew $(SKEW)

bench-local: ## Measure the time that the local stack adds, and print a table
	cargo bench --package natter-local --bench speed

bench: ## Measure start, latency, processor, memory and price of a turn in release builds; ARGUMENTS="--cpu-share 0.07 --rate 100" changes it
	@cargo build --release $(addprefix --package ,$(notdir $(wildcard functions/*)) order-tool)
	@cargo bench --package natter-tests --bench turns -- $(ARGUMENTS)

bench-growth: ## Measure how the cost of a turn grows with conversations, replies, connections and tabs, and draw docs/growth.svg
	@cargo build --release $(addprefix --package ,$(notdir $(wildcard functions/*)))
	@cargo bench --package natter-tests --bench turns -- --growth $(ARGUMENTS)

test-model: .tools/nextest.installed programs ## Hold one conversation with the real model that OPENAI_BASE_URL or MODEL_PROVIDER names
	cargo nextest run --package natter-tests --run-ignored only --no-capture --filterset 'test(a_real_model_answers)'

test-emulator: .tools/deployment.installed .tools/emulator.installed .tools/browser.installed clients/typescript/dist clients/web/dist tests/page/node_modules programs ## Deploy into an emulator of AWS, hold conversations there and delete it all; ALL=1 tests every combination of parameters of the suite
	@infra/development/test_emulator.sh

types: ## Generate the client package's types and docs/asyncapi.json
	cargo run --quiet --package natter --features schema --example published_schema

audit: .tools/deny.installed ## Check every dependency for known vulnerabilities; needs the network
	@infra/development/audit.sh

sbom: .tools/sbom.installed ## Write the bills of materials of each function and client into target/sbom, as CycloneDX
	@infra/sbom.sh

build: .tools/deployment.installed ## Build the deployment packages (ARCHITECTURE=arm64)
	@infra/build.sh

release: .tools/deployment.installed .tools/sbom.installed ## Make a release's packages, bills of materials and checksums, in target/release-packages
	@infra/release.sh

deploy: .tools/deployment.installed ## Deploy to AWS; asks for the required parameters the first time
	@infra/deploy.sh

destroy: .tools/deployment.installed ## Delete what is deployed; asks first, and leaves the conversations
	@infra/destroy.sh

agents: $(if $(DATABASE_URL)$(LOCK),,.tools/deployment.installed) ## Check and publish the agents in DIRECTORY (agents), in use within a minute; LIST=1 lists the versions, VERSION=3 goes back to one, REMOVE=2 removes one; LOCK=1 looks up the tools of MCP servers, or of one: SERVER=docs
	@infra/agents.sh

forget-user: $(if $(DATABASE_URL),,.tools/deployment.installed) ## Erase everything that is stored of the user USER_ID; without YES=1, count it
	@infra/forget_user.sh

logs: .tools/deployment.installed ## Follow the logs of what is deployed, or of one function: FUNCTION=message
	@infra/logs.sh

secret: .tools/deployment.installed ## Store the model's API key in AWS Secrets Manager, in place of the one that is there, and print the secret's ARN
	@bash -euc '. infra/aws_session.sh; python infra/model_key.py secret $(SECRET)'

probe: .tools/deployment.installed ## Deploy the probe to AWS and test every platform fact there; PROBE_SLOW=1 takes hours and tests all of them
	@infra/probe.sh

probe-destroy: .tools/deployment.installed ## Delete the probe from AWS
	@infra/probe.sh destroy

clean: ## Remove what was built and installed; conversations in DATA_DIR stay
	rm -rf target .aws-sam .tools clients/*/dist clients/*/node_modules tests/*/node_modules infra/tools/node_modules

programs:
	@echo "Building the functions and the local stack (some minutes the first time) …"
	@cargo build --workspace

.tools/%.installed: infra/tools/install.sh infra/tools/requirements.txt infra/tools/emulator.txt
	@infra/tools/install.sh $*

clients/web/dist: clients/web/node_modules $(shell find clients/typescript/src clients/web/src clients/web/public clients/web/index.html clients/web/vite.config.ts)
	@echo "Building the web page …"
	@npm run --silent --prefix clients/web build
	@touch $@

clients/typescript/dist: clients/typescript/node_modules clients/typescript/tsconfig.json $(shell find clients/typescript/src)
	@npm run --silent --prefix clients/typescript build
	@touch $@

%/node_modules: %/package.json %/package-lock.json
	@echo "Installing the packages of $* …"
	@npm ci --silent --no-audit --no-fund --prefix $*
	@touch $@
