# Two commands do everything on a fresh Debian machine with python3 and make:
#   make run    the main job before your eyes, then the node at http://127.0.0.1:8000
#   make test   everything the tests need, then the tests
# `make` alone lists all.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIR ?= var/demo
PORT ?= 8000
export UV_PYTHON_DOWNLOADS := never

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(VENV)/uv: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

$(VENV)/ready: $(VENV)/uv requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/uv requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

setup: $(VENV)/ready ## make .venv with the command .venv/bin/kimberley

setup-dev: $(VENV)/ready-dev ## the same with what tests and checks need

run: setup ## build the demonstration node, do the main job once, serve it
	$(BIN)/kimberley demo --dir $(DIR) --port $(PORT)

test: setup-dev ## all tests (says loudly what it skips, and why)
	KIMBERLEY_DIR=$$(mktemp -d) $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: setup-dev ## lint, types, contracts, generated files
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	KIMBERLEY_DIR=$$(mktemp -d) $(BIN)/mypy
	$(BIN)/lint-imports
	KIMBERLEY_DIR=$$(mktemp -d) $(BIN)/kimberley docs --check
	KIMBERLEY_DIR=$$(mktemp -d) $(BIN)/kimberley messages --check

fix: setup-dev ## mend what a machine can mend
	$(BIN)/ruff check --fix src tests
	$(BIN)/ruff format src tests
	KIMBERLEY_DIR=$$(mktemp -d) $(BIN)/kimberley docs
	KIMBERLEY_DIR=$$(mktemp -d) $(BIN)/kimberley messages

bench: setup ## the benchmarks, one JSON line each
	$(BIN)/kimberley bench

dist: $(VENV)/uv ## the wheel, byte for byte the same on every machine, and its SHA-256
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/uv build --quiet --wheel --python $(BIN)/python --out-dir dist
	rm -f dist/.gitignore
	cd dist && sha256sum *.whl | tee SHA256SUMS

lock: $(VENV)/uv ## pin every dependency with its hashes again
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -c requirements-dev.lock pyproject.toml -o requirements.lock

clean: ## forget the environment and the demonstration node
	rm -rf $(VENV) var dist

.PHONY: help setup setup-dev run test check fix bench dist lock clean
