# Every developer verb. `make` alone lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup assets demo test check lint types contracts format docs lock bench bench-detection fuzz clean

help: ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Lockgate needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python tools/install_system_libraries.py
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib src tools tests >/dev/null || true # some packages hold what does not compile
	@touch $@

setup: $(VENV)/.ready assets ## install everything into .venv

assets: $(VENV)/.ready ## fetch what the console's pages load
	$(BIN)/python tools/build_console_assets.py

demo: setup ## a simulated tenant, the grant, real mail both ways (ONCE=1 ends by itself)
	$(BIN)/python -m tools.demo $(if $(ONCE),--once)

test: setup ## the whole test suite
	$(BIN)/python tools/install_test_programs.py
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint types contracts ## lint, types, import contracts, house rules

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tools.lint

types: $(VENV)/.ready
	$(BIN)/mypy

contracts: $(VENV)/.ready
	$(BIN)/lint-imports

format: $(VENV)/.ready ## put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.ready ## write the parts of docs/ that come from code
	$(BIN)/lockgate detectors list --markdown docs/detectors
	$(BIN)/python tools/write_command_reference.py
	$(BIN)/python -m tools.write_requests

lock: $(VENV)/.ready ## pin the dependencies anew, with hashes
	$(BIN)/uv pip compile --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --all-extras pyproject.toml -o requirements.lock

bench-detection: $(VENV)/.ready ## detection against rspamd and SpamAssassin on unseen mail (LOCKGATE_CORPUS=folder)
	nice $(BIN)/python -m bench.detection.run

bench: $(VENV)/.ready ## the gateway against Haraka and a bare sink (ARGS="--rounds 2"; LOCKGATE_CORPUS=folder of real mail)
	$(BIN)/python -m bench.run $(ARGS)

fuzz: $(VENV)/.ready ## coverage-guided fuzzing (TARGET=parser|containers|documents|inspection|kinds or one piece: headers|structure|encodings|pages|readers|papers|drawings|words, ARGS="--runs 100000")
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group fuzz
	$(BIN)/python -m tools.fuzz $(or $(TARGET),parser) $(ARGS)

clean: ## remove what make made
	rm -rf $(VENV) var build
