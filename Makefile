# `make` lists what there is to do. A fresh machine needs python3 (3.11 or newer) and nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
GROUNDWORK := $(BIN)/groundwork
# Node comes with the virtual environment; no other one is used.
NODE_PATH_FIRST := PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: help install start stop status reset demo test test-postgres17 test-load bench lint types reference

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: .venv/.installed node_modules/.installed ## install everything into .venv and node_modules

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}: make install PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc .venv/.installed
	$(NODE_PATH_FIRST) $(BIN)/npm ci --ignore-scripts
	@touch $@

start: install ## start the stack; again, to heal it or to apply new migrations
	@$(GROUNDWORK) start

stop: ## stop every instance of this checkout
	@test ! -x $(GROUNDWORK) || $(GROUNDWORK) stop --all

status: install ## tell what runs, and the keys
	@$(GROUNDWORK) status

reset: install ## empty the database, migrate and seed it
	@$(GROUNDWORK) reset

demo: install ## do an AI product's first day, step by step
	@$(GROUNDWORK) demo

test: install ## run every test, on a stack for each of up to four processors
	@$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

test-postgres17: install ## run every test on the Postgres server at URL=...
	@test -n "$(URL)" || { echo "error: URL=postgresql://... is missing" >&2; exit 2; }
	@GROUNDWORK_TEST_DB_URL="$(URL)" $(BIN)/python -m pytest

test-load: install ## hold chat and ledger through 200 calls at once, a dying provider and a crashing database
	@$(BIN)/python -m pytest tests/functions/load.py

bench: install ## measure against the bars, all parts or PARTS=usage, at full size or SCALE=0.1
	@$(BIN)/python -m tests.benchmarks --scale $(or $(SCALE),1) $(PARTS)

lint: install ## check style and types of the Python and the SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

types: install ## write the TypeScript and Python types of the database's schema
	@$(GROUNDWORK) types

reference: install ## write docs/reference.md from what the database says of itself
	@$(GROUNDWORK) start
	@mkdir -p docs
	@eval "$$($(GROUNDWORK) status -o env)"; DB_URL="$$DB_URL" $(BIN)/python -m groundwork.schema.reference >docs/reference.md.new
	@mv docs/reference.md.new docs/reference.md
