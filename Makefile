# make run    the whole thing on this machine: demo shops, crawl, export, index, server, a page to try it
# make test   everything CI runs
# make clean  removes what the two made (var/, .venv/, node_modules/, extension/vendor/)

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RESULTS := var/test-results
OPENED := $(RESULTS)/opened-vectors
say = @printf '\033[1m%s\033[0m\n' $(1) >&2

.PHONY: help run test lint types test-contracts test-js test-py test-browser browsers clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run: $(VENV)/.run-stamp node_modules/.stamp
	@exec $(BIN)/python -m demo run $(RUN_ARGS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Carryover needs Python 3.11 or newer, and '$(PYTHON)' is not that. Install it, or name it: make run PYTHON=python3.12" >&2; exit 1; }
	$(call say,"Virtual environment in $(VENV)")
	@$(PYTHON) -m venv $(VENV) || { echo "Could not make a virtual environment. On Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.run-stamp: requirements.txt | $(VENV)/bin/python
	$(call say,"Python packages (2 to 3 GB; minutes the first time)")
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on -r requirements.txt || \
	  { echo "Python packages could not be installed: see pip's line above (no network? no disk space?). Run the same command again; it goes on from here." >&2; exit 1; }
	@touch $@

$(VENV)/.dev-stamp: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(call say,"Python packages and test tools (2 to 3 GB; minutes the first time)")
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on -r requirements-dev.txt || \
	  { echo "Python packages could not be installed: see pip's line above (no network? no disk space?). Run the same command again; it goes on from here." >&2; exit 1; }
	@touch $@ $(VENV)/.run-stamp

node_modules/.stamp: package.json package-lock.json extension/build/vendor.js
	@command -v npm >/dev/null || { echo "npm was not found: install Node.js 20 or newer with npm (on Debian: apt-get install nodejs npm)." >&2; exit 1; }
	$(call say,"JavaScript packages")
	@npm ci --no-audit --no-fund --no-update-notifier --loglevel=error || \
	  { echo "JavaScript packages could not be installed: see npm's line above (no network? no disk space?). Run the same command again." >&2; exit 1; }
	@npm run --silent vendor
	@touch $@

test: $(VENV)/.dev-stamp node_modules/.stamp browsers
	@rm -rf $(RESULTS) && mkdir -p $(RESULTS)
	@$(MAKE) --no-print-directory lint types
	@$(MAKE) --no-print-directory --keep-going test-contracts test-py test-js test-browser; status=$$?; \
	  $(BIN)/python -m tests.opened_vectors $(OPENED) || status=1; \
	  $(BIN)/python tests/count.py $(RESULTS) && exit $$status

lint: $(VENV)/.dev-stamp node_modules/.stamp
	$(call say,"Lint")
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@npm run --silent lint && npm run --silent format:check
	@npm run --silent contracts -- --check

types: $(VENV)/.dev-stamp node_modules/.stamp
	$(call say,"Types")
	@$(BIN)/mypy
	@npm run --silent types

test-contracts: $(VENV)/.dev-stamp
	$(call say,"Contract tests")
	@mkdir -p $(RESULTS)
	@$(BIN)/pytest tests/contract --junitxml=$(RESULTS)/contracts.xml

# After test-py, which exports the bundle that some of these read.
test-js: node_modules/.stamp
	$(call say,"JavaScript tests")
	@mkdir -p $(RESULTS)
	@CARRYOVER_OPENED_VECTORS=$(OPENED) node --import ./tests/extension/opened-vectors.js --test --test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=junit --test-reporter-destination=$(RESULTS)/javascript.xml $$(find tests/extension -name "*.test.js" | sort)

test-py: $(VENV)/.dev-stamp node_modules/.stamp
	$(call say,"Python tests")
	@mkdir -p $(RESULTS)
	@CARRYOVER_OPENED_VECTORS=$(OPENED) $(BIN)/pytest -m "not browser" --ignore=tests/contract --durations=10 --junitxml=$(RESULTS)/python.xml

test-browser: $(VENV)/.dev-stamp node_modules/.stamp
	$(call say,"Browser tests")
	@mkdir -p $(RESULTS)
	@$(BIN)/pytest -m browser --durations=5 --junitxml=$(RESULTS)/browser.xml

# Root may install them; anybody else is told, and the tests that need them are skipped with that reason.
BROWSERS := chromium firefox-esr xvfb xauth xdotool fonts-dejavu-core
browsers:
	@if ! command -v chromium >/dev/null || ! command -v firefox-esr >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    printf '\033[1m%s\033[0m\n' "Chromium and Firefox from Debian's packages" >&2; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(BROWSERS) >/dev/null; \
	  else echo "Chromium or Firefox was not found, so their tests are skipped. To run them: sudo apt-get install $(BROWSERS)" >&2; fi; fi

clean:
	rm -rf var $(VENV) node_modules extension/vendor
