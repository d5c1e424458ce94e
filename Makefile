# Two commands matter: `make run` and `make test`. Everything else serves them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# on every processor, where pip would use one; what cannot be compiled says so when it is imported
COMPILE := $(BIN)/python -m compileall -qq -j 0
CONFIG ?= config.toml
PORT ?= 8000

# what Python compiles is kept: not anew for each run, each worker and each process of a test
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run demo check test format lint types imports bench accuracy lock clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.run: requirements.lock pyproject.toml
	@echo "Installing Gap Monitor into $(VENV). The first time this takes a minute or two:"
	@echo "  1 of 4: making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "  2 of 4: fetching and checking what requirements.lock names"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@echo "  3 of 4: installing Gap Monitor itself"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "  4 of 4: compiling all of it"
	@$(COMPILE) $(VENV)/lib monitor || true
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@echo "Installing the tools that check it; once, for a minute or two"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	@$(COMPILE) $(VENV)/lib || true
	@touch $@

run: $(VENV)/.run $(CONFIG) ## install what is needed, then start the service (SQLite, port 8000)
	@echo "Starting the service with $(CONFIG); its address follows"
	@exec $(BIN)/gap-monitor --config $(CONFIG) serve

$(CONFIG):
	@echo "Copying config.example.toml to $@: your settings"
	@cp config.example.toml $@

demo: $(VENV)/.run ## the whole loop before your eyes, on an invented world, without a network
	@exec $(BIN)/gap-monitor demo --port $(PORT)

check: $(VENV)/.dev ## lint, types, contracts and the fast tests: what to run before each commit
	@$(MAKE) --no-print-directory -j 2 checked linted

.PHONY: linted checked tested
linted:
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports --no-cache > /dev/null || $(BIN)/lint-imports --no-cache
	$(BIN)/mypy

checked:
	$(BIN)/pytest -q -n 2 -m fast

test: $(VENV)/.dev ## everything CI checks: format, lint, types, contracts, all tests
	@$(MAKE) --no-print-directory -j 2 tested linted

tested:
	@$(BIN)/python -m compileall -q monitor  # a story starts a hundred processes
	$(BIN)/pytest -n 4 --dist worksteal --durations 25

format: $(VENV)/.dev ## rewrite code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(VENV)/.dev ## ruff and djlint alone
	$(BIN)/ruff check .
	$(BIN)/djlint templates --lint --quiet

types: $(VENV)/.dev ## mypy alone
	$(BIN)/mypy

imports: $(VENV)/.dev ## the import contracts alone: which package and room may know which
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.dev ## run every bench, and rewrite docs/performance.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target .bench -r bench/requirements.txt
	$(BIN)/python tools/bench.py --write

YARDSTICK ?= $(CURDIR)/$(VENV)/yardstick
accuracy: $(VENV)/.dev ## measure how good the rules are, and rewrite docs/accuracy/ but mutants.md (needs the recordings)
	test -x $(YARDSTICK)/bin/python || $(PYTHON) -m venv $(YARDSTICK)
	$(YARDSTICK)/bin/python -m pip install --quiet --disable-pip-version-check -r bench/yardsticks.txt
	$(BIN)/python tools/accuracy_matching.py
	$(BIN)/python tools/accuracy_design.py
	$(BIN)/python tools/accuracy_links.py
	$(BIN)/python tools/accuracy_notices.py
	$(BIN)/python tools/accuracy_pooling.py
	$(BIN)/python tools/simulate_findings.py
	$(BIN)/python tools/simulate_use.py --write > /dev/null
	$(BIN)/python bench/dedupe.py --yardstick $(YARDSTICK)/bin/python --write
	$(BIN)/python tools/accuracy_ranking.py --asreview $(YARDSTICK)/bin/python

lock: $(VENV)/.dev ## resolve the pinned versions again
	$(BIN)/python tools/lock.py

clean: ## remove what was installed and cached; your data in var/ stay
	rm -rf $(VENV) .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
