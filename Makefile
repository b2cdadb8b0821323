# Two commands: `make play` and `make test`. Everything else is for those who work on purgebot.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
READY := $(VENV)/.ready
PORT ?= 8080
AT_ONCE := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 3) --dist loadfile --no-loadscope-reorder
DATA ?= .play

.PHONY: play test quick lint types docs servers container sbom lock clean
LOCKED := pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet
play: $(READY)
	@PORT=$(PORT) DATA=$(DATA) $(BIN)/python -m playground

# Compiled tests are kept, whatever the shell says: it halves the time until the first one runs. Three processes for each
# processor, since most tests of whole bots wait for a server or for a pace more than they compute; types are checked
# meanwhile, and told at the end.
test: $(READY) lint
	@$(BIN)/mypy >$(VENV)/types.log 2>&1 & types=$$!; \
	  PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(AT_ONCE); tests=$$?; \
	  wait $$types || tests=1; cat $(VENV)/types.log; exit $$tests

quick: $(READY)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(AT_ONCE) -m "not slow and not real" --hypothesis-profile=quick

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

# Into build/site; tests/docs looks after its links.
docs: $(READY)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

servers:
	@sh tests/servers.sh

sbom: $(READY)
	@$(BIN)/python -m tests.sbom > purgebot.cdx.json && echo "purgebot.cdx.json lists what purgebot is made of, as CycloneDX."

# Both locks, of what pyproject.toml allows; needs uv (on PyPI). What is pinned stays so: delete its lines to have it anew.
lock:
	@uv pip compile $(LOCKED) --all-extras --output-file requirements.lock
	@uv pip compile $(LOCKED) --extra all --constraint requirements.lock --output-file requirements.run.lock

container:
	@PYTHON=$(PYTHON) bash tests/container.sh

clean:
	rm -rf $(VENV) $(DATA) build *.egg-info

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "purgebot needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make a virtual environment. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute)…"
	@$(PYTHON) -m venv $(VENV)
	@{ $(PIP) install --require-hashes -r requirements.lock && $(PIP) install --no-deps -e .; } >$(VENV)/setup.log 2>&1 || \
	  { cat $(VENV)/setup.log; echo "Setting up stopped: pip could not install what is named above."; exit 1; }
	@touch $(READY)
