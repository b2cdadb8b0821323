# Two commands: `make play` and `make test`. Everything else is for those who work on purgebot.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT ?= 8080
DATA ?= .play

.PHONY: play test quick lint types servers clean
play: $(READY)
	@PORT=$(PORT) DATA=$(DATA) $(BIN)/python -m playground

test: $(READY) lint types
	@$(BIN)/python -m pytest

quick: $(READY)
	@$(BIN)/python -m pytest -m "not slow and not real"

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

servers:
	@sh tests/servers.sh

clean:
	rm -rf $(VENV) $(DATA) build *.egg-info

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "purgebot needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make a virtual environment. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute)…"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $(READY)
