# Passline. `make` alone prints this help; every step runs only when something it depends on has changed.

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# What the machine has to do is said once: a stamp is touched when its step has ended well.
MADE    := $(VENV)/.made
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev
ASSETS  := static/vendor/.made

# Arguments for pytest, for example: make test ARGS="tests/gateway -k replay"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test races faults conformance check bench shots axe install install-dev assets messages format lock clean

help:  ## Print this help
	@echo "Passline: the live order desk of a restaurant business"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Only here is the demo switched on. `exec`, so that a signal to make's child reaches the launcher itself.
run: export PASSLINE_ENV := demo
run: install assets  ## Install, migrate, load the demo, then run web, gateway and worker (Ctrl-C stops all)
	@$(BIN)/flask --app wsgi db upgrade
	@$(BIN)/flask --app wsgi demo load --first-run
	@$(BIN)/flask --app wsgi demo greet
	@exec $(BIN)/python scripts/start.py

test: install-dev assets  ## Install what the tests need and run the whole suite
	@scripts/install_system.sh
	@scripts/test.sh $(BIN)/python $(ARGS)

races: install-dev  ## A hundred races for one order and one ticket on each database, thousands of returns (`make test` runs some)
	@RACES=200 REPLAYS=3000 $(BIN)/python -m pytest tests/test_races.py tests/gateway/test_replay.py -q -rs $(ARGS)

faults: install-dev  ## Kill and stop everything under load, and count every event and every shilling (ARGS="--screens 300 --random 8")
	@scripts/install_system.sh
	@$(BIN)/python -m tests.faults $(ARGS)
	@PAYMENTS=$${PAYMENTS:-500} $(BIN)/python -m pytest tests/faults/test_payments.py -q -rs -s

conformance: install-dev  ## The official suites of Engine.IO and Socket.IO against our transport (needs node)
	@$(BIN)/python scripts/conformance.py

check: install-dev assets  ## Formatter, linter, types, then the whole suite
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(MAKE) --no-print-directory test

bench: install-dev assets  ## Run the benchmarks; prints a table beside the peers' figures of the same run
	@scripts/install_system.sh
	@$(BIN)/python -m benchmarks $(ARGS)

shots: install-dev assets  ## Draw every page at three widths, light and dark, into shots/
	@scripts/install_system.sh
	@$(BIN)/python scripts/shots.py $(ARGS)

axe: install-dev assets  ## Look at every page of `make shots` with axe-core (WCAG 2.2 A and AA), light and dark
	@scripts/install_system.sh
	@$(BIN)/python scripts/axe.py $(ARGS)

install: $(RUNTIME)  ## Make the virtual environment and install what runs
install-dev: $(DEV)  ## Install what tests, measures and checks as well
assets: $(ASSETS)  ## Fetch the front-end packages and copy what pages need to static/vendor/

messages: install  ## Bring the catalogues of app/translations up to the texts that code, templates and scripts mark
	@$(BIN)/python scripts/messages.py

format: install-dev  ## Format the code and mend what the linter can mend
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

lock: $(MADE)  ## Compile requirements*.txt and package-lock.json anew (UPGRADE=1: with the latest versions)
	@$(PIP) uv
	@for list in requirements requirements-dev requirements-node; do \
	    $(BIN)/uv pip compile $$list.in --output-file $$list.txt --universal --python-version 3.11 \
	        --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet \
	        $(if $(UPGRADE),--upgrade) || exit; \
	done
	@npm install --package-lock-only --ignore-scripts --silent

clean:  ## Remove what set-up and tests have made (the demo's database in instance/ stays)
	@rm -rf $(VENV) node_modules static/vendor shots .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE): scripts/venv.sh
	@scripts/venv.sh $(VENV)
	@touch $@

$(RUNTIME): requirements.txt | $(MADE)
	@echo "Installing what runs ..."
	@$(PIP) --require-hashes --requirement requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "Installing what tests ..."
	@$(PIP) --require-hashes --requirement requirements-dev.txt
	@touch $@

$(ASSETS): package-lock.json scripts/assets.py scripts/icons.txt | $(RUNTIME)
	@echo "Fetching the front-end packages ..."
	@$(BIN)/python scripts/assets.py
	@touch $@
