# Two commands matter: `make run` (a verdict on the reference trunk) and `make test` (the project's own tests).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
DEBIAN_PACKAGES := sip-tester sipsak baresip-core linphone-cli kamailio tshark chromium poppler-utils postgresql
FAULT_JOBS ?= 10

.DEFAULT_GOAL := help
.PHONY: help setup run serve load test test-only check format faults bench certify-demo crashes packages clean

help: ## Shows this list.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Makes .venv with everything that `make run` needs.

run: setup ## Runs all trunk scenarios against the reference trunk and writes a report to out/.
	$(BIN)/harness run $(ARGS)

serve: setup ## Starts the reference trunk.
	$(BIN)/harness serve $(ARGS)

load: setup ## Two minutes of load: 300 channels with audio on the reference trunk, a report at the end.
	$(BIN)/harness load --user MixedChannels --calls 300 --hold 30s --duration 90s --audio $(ARGS)

test: setup $(VENV)/.test-installed packages check test-only ## Installs what the tests need, then checks and tests.

test-only: setup $(VENV)/.test-installed ## Only the tests.
	$(BIN)/python -m pytest -n 4 --dist loadfile $(ARGS)

check: setup $(VENV)/.test-installed ## Format, lint, types and structure.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_structure.py

format: setup $(VENV)/.test-installed ## Formats the code and mends what lint can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

faults: setup ## Breaks the trunk in every known way and shows which scenario notices.
	$(BIN)/harness faults --run --jobs $(FAULT_JOBS) $(ARGS)

bench: setup ## Speed beside SIPp, to out/bench.json (needs sipp; nothing else should run meanwhile).
	$(BIN)/python -m benchmarks $(ARGS)

certify-demo: setup $(VENV)/.test-installed packages ## Certifies Kamailio with two baresip phones behind it; docs/interop.md explains the verdicts (4 minutes).
	$(BIN)/python -m tests.interop.certify_demo out/kamailio || test $$? -eq 1

crashes: setup $(VENV)/.test-installed ## Kills the trunk 200 times under load and audits its books (10 minutes).
	HARNESS_CRASHES=200 $(BIN)/python -m pytest -s tests/interop/test_crash.py $(ARGS)

packages: ## Debian packages that interop tests talk to; only root can install them.
	@missing=""; for package in $(DEBIAN_PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ]; then \
	  echo "Installing$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	elif [ -n "$$missing" ]; then echo "Not root, so these stay out and their tests are skipped:$$missing"; fi

clean: ## Removes what can be made again.
	rm -rf $(VENV) out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; \
	  else echo "This Python can't make virtual environments. Ask root to: apt-get install python3-venv"; exit 2; fi; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(PIP) install --quiet --constraint requirements.lock --editable .
	@touch $@

$(VENV)/.test-installed: $(VENV)/.installed
	$(PIP) install --quiet --constraint requirements.lock --editable '.[test]'
	@touch $@
