# make run          the whole thing on this machine: demo shops, crawl, export, index, server, a page to try it
# make site         the try page as plain files with packs of the demo shops, for any static host: var/site/
# make extension    the zips of the extension for Chromium and Firefox, with its model inside: var/extension/
# make test         everything CI runs, with the counts by kind and by room
# make check        all static checks: format, lint, imports, types, generated files
# make format       format Python and JavaScript
# make test-ROOM    the tests of one room: kernel encoders scraper trainer exporter server demo benchmarks extension docs house
# make test-long    the longest tests, which make test leaves out: every small shop, every state of the panel
# make test-lowest  the server's and the scraper's tests with the lowest versions that pyproject.toml declares
# make lock         write requirements-serve.lock anew: every package that the server runs with, with hashes
# make audit        known vulnerabilities of what is locked, in Python and JavaScript; asks advisory databases on the internet
# make hooks        run the static checks before every commit (.pre-commit-config.yaml)
# make clean        remove what these made (var/, .venv/, node_modules/, extension/vendor/, extension/bundle/)

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
# Processes that run Python tests side by side: one more than the cores of a small machine, because many tests wait.
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
RESULTS := var/test-results
OPENED := $(RESULTS)/opened-vectors
LOWEST := var/venv-lowest
ROOMS := kernel encoders scraper trainer exporter server demo benchmarks docs house
NODE_TESTS = $$(find tests/extension -name "*.test.js" | sort)
# Only these files are opened: opening all of them costs a core a quarter of a minute.
BROWSER_TESTS = $$(grep -rl "mark\.browser" tests --include="test_*.py" | sort)
# Small tensors on few cores: one thread in each of several processes is faster than several threads in one.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest
# A file's tests stay in one process, because they share fixtures. The longest file, of the README, is among the first.
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
BESIDE := $(MAKE) --no-print-directory --jobs 2 --output-sync=target
say = @printf '\033[1m%s\033[0m\n' $(1) >&2

.PHONY: help run site extension test check check-python check-types check-js format hooks test-bundle test-minilm-bundle test-contracts test-js test-py \
  lock audit test-browser test-long test-extension $(ROOMS:%=test-%) test-lowest browsers clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run: $(VENV)/.run-stamp node_modules/.stamp
	@exec $(BIN)/python -m demo run $(RUN_ARGS)

site: $(VENV)/.run-stamp node_modules/.stamp
	@exec $(BIN)/python -m demo site $(RUN_ARGS)

# A bundle that is there already needs no Python: make extension BUNDLE=DIR.
BUNDLE ?= var/bundles/lite
extension: node_modules/.stamp
	@[ -f $(BUNDLE)/manifest.json ] || { $(MAKE) --no-print-directory $(VENV)/.run-stamp && $(BIN)/python -m exporter lite --out $(BUNDLE); }
	@npm run --silent package -- --bundle $(BUNDLE) --unpacked
	@npm run --silent package -- --bundle $(BUNDLE)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Carryover needs Python 3.11 or newer, and '$(PYTHON)' is not that. Install it, or name it: make run PYTHON=python3.12" >&2; exit 1; }
	$(call say,"Virtual environment in $(VENV)")
	@$(PYTHON) -m venv $(VENV) || { echo "Could not create a virtual environment. On Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.run-stamp: requirements.txt | $(VENV)/bin/python
	$(call say,"Python packages (2 to 3 GB; minutes the first time)")
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on -r requirements.txt || \
	  { echo "Python packages could not be installed: see pip's line above (no network? no disk space?). Run the same command again; it resumes from here." >&2; exit 1; }
	@$(BIN)/python -m trainer.pretrained.torchvision_schemas
	@touch $@

$(VENV)/.dev-stamp: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(call say,"Python packages and test tools (2 to 3 GB; minutes the first time)")
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on -r requirements-dev.txt || \
	  { echo "Python packages could not be installed: see pip's line above (no network? no disk space?). Run the same command again; it resumes from here." >&2; exit 1; }
	@$(BIN)/python -m trainer.pretrained.torchvision_schemas
	@touch $@ $(VENV)/.run-stamp

node_modules/.stamp: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm was not found: install Node.js 20 or newer with npm (on Debian: apt-get install nodejs npm)." >&2; exit 1; }
	$(call say,"JavaScript packages")
	@npm ci --no-audit --no-fund --no-update-notifier --loglevel=error || \
	  { echo "JavaScript packages could not be installed: see npm's line above (no network? no disk space?). Run the same command again." >&2; exit 1; }
	@npm run --silent vendor
	@touch $@

# The bundles are exported beside the static checks, and every test after them reads them.
test: $(VENV)/.dev-stamp node_modules/.stamp browsers
	@rm -rf $(RESULTS) && mkdir -p $(RESULTS)
	@$(BESIDE) check-types check-python check-js test-bundle test-minilm-bundle
	@export CARRYOVER_TEST_BUNDLE=$$($(BIN)/python -m tests.lite_bundle) \
	  CARRYOVER_TEST_MINILM_BUNDLE=$$($(BIN)/python -m tests.lite_bundle minilm); \
	  $(BESIDE) --jobs 3 --keep-going test-py test-browser test-js test-contracts; status=$$?; \
	  $(BIN)/python -m tests.opened_vectors $(OPENED) || status=1; \
	  $(BIN)/python tests/count.py $(RESULTS) && exit $$status

check: $(VENV)/.dev-stamp node_modules/.stamp
	@$(BESIDE) check-types check-python check-js

check-python: $(VENV)/.dev-stamp
	$(call say,"Python: lint and imports")
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo --no-cache

check-types: $(VENV)/.dev-stamp
	$(call say,"Python: types")
	@$(BIN)/mypy

check-js: node_modules/.stamp
	$(call say,"JavaScript: lint and types and generated files")
	@npm run --silent lint && npm run --silent format:check && npm run --silent types && npm run --silent contracts -- --check

format: $(VENV)/.dev-stamp node_modules/.stamp
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
	@npm run --silent format

lock: $(VENV)/.dev-stamp
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" requirements-serve.txt --output-file requirements-serve.lock

# --strict: what could not be looked up is a failure, and not a package without vulnerabilities.
audit: $(VENV)/.dev-stamp node_modules/.stamp
	$(call say,"Known vulnerabilities of locked packages")
	@status=0; \
	  $(BIN)/uv tool run --quiet pip-audit==2.10.1 -r requirements-serve.lock --require-hashes --disable-pip --strict --progress-spinner off || status=1; \
	  npm audit --omit=dev || status=1; \
	  [ $$status = 0 ] || echo "Either a package is vulnerable, or the advisories could not be read: see above." >&2; exit $$status

hooks: $(VENV)/.dev-stamp
	@$(BIN)/pre-commit install

test-bundle: $(VENV)/.dev-stamp
	$(call say,"Bundle for the tests")
	@$(BIN)/python -m tests.lite_bundle

test-minilm-bundle: $(VENV)/.dev-stamp
	$(call say,"Bundle with MiniLM for the tests")
	@$(BIN)/python -m tests.lite_bundle minilm

test-contracts: $(VENV)/.dev-stamp
	$(call say,"Contract tests")
	@mkdir -p $(RESULTS)
	@$(PYTEST) tests/contract --junitxml=$(RESULTS)/contracts.xml

# Some of these read the bundle of test-bundle and are skipped without it.
test-js: node_modules/.stamp
	$(call say,"JavaScript tests")
	@mkdir -p $(RESULTS)
	@CARRYOVER_OPENED_VECTORS=$(OPENED) node --import ./tests/extension/opened-vectors.js \
	  --test --test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=junit --test-reporter-destination=$(RESULTS)/javascript.xml $(NODE_TESTS)

test-py: $(VENV)/.dev-stamp node_modules/.stamp
	$(call say,"Python tests")
	@mkdir -p $(RESULTS)
	@CARRYOVER_OPENED_VECTORS=$(OPENED) $(PYTEST) $(PARALLEL) -m "not browser and not long" --ignore=tests/contract --durations=20 \
	  --junitxml=$(RESULTS)/python.xml

test-browser: $(VENV)/.dev-stamp node_modules/.stamp
	$(call say,"Browser tests")
	@mkdir -p $(RESULTS)
	@$(BIN)/pytest $(BROWSER_TESTS) -m "browser and not long" --durations=15 --junitxml=$(RESULTS)/browser.xml

test-long: $(VENV)/.dev-stamp node_modules/.stamp browsers
	$(call say,"Long tests")
	@CARRYOVER_SEQUENCES=5000 node --test --test-reporter=dot tests/extension/content/reader.test.js
	@$(PYTEST) -m long --durations=5 $(ARGS)

$(ROOMS:%=test-%): test-%: $(VENV)/.dev-stamp
	@$(PYTEST) $(PARALLEL) -m "not browser" tests/$* $(ARGS)

test-extension: node_modules/.stamp $(VENV)/.dev-stamp
	@node --test --test-reporter=dot $(NODE_TESTS)
	@$(PYTEST) -m "not browser" tests/extension $(ARGS)

# Every declared lower bound at once, in an environment of its own; torch is not in it.
test-lowest: $(VENV)/.dev-stamp
	$(call say,"Lowest versions of the server's and the scraper's packages")
	@mkdir -p var
	@$(BIN)/uv pip compile --quiet --no-annotate --resolution lowest-direct --python-version 3.11 \
	  --extra server --extra scraper pyproject.toml requirements-lowest.txt --output-file var/requirements-lowest.txt
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOWEST)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(LOWEST)/bin/python -r var/requirements-lowest.txt
	@export CARRYOVER_TEST_BUNDLE=$$($(BIN)/python -m tests.lite_bundle) && \
	  $(LOWEST)/bin/python -m pytest $(PARALLEL) -m "not browser" tests/encoders tests/server tests/scraper $(ARGS)

# Root may install them. Others get a message, and the tests that need them are skipped with that reason.
BROWSERS := chromium firefox-esr xvfb xauth xdotool fonts-dejavu-core
browsers:
	@if ! command -v chromium >/dev/null || ! command -v firefox-esr >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    printf '\033[1m%s\033[0m\n' "Chromium and Firefox from Debian's packages" >&2; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(BROWSERS) >/dev/null; \
	  else echo "Chromium or Firefox was not found, so their tests are skipped. To run them: sudo apt-get install $(BROWSERS)" >&2; fi; fi

clean:
	rm -rf var $(VENV) node_modules extension/vendor extension/bundle
