# Each target may be the first command in a fresh clone: it makes the environment it needs.
# `make PYTHON=python3.13 test` uses another Python.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY  := $(VENV)/ready
LOCALE := vault_tool/locale
PO     := $(wildcard $(LOCALE)/*/LC_MESSAGES/vault.po)
MO     := $(PO:.po=.mo)

.DEFAULT_GOAL := help
# The tests start Python a thousand times: without byte code each would compile the program first.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo check test fix golden bench soak messages lock wheel clean

help:  ## List what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

$(READY): requirements-dev.txt pyproject.toml hatch_build.py
	@echo "Making $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name it: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

%.mo: %.po $(READY)
	@$(BIN)/python hatch_build.py

demo: $(READY) $(MO)  ## Two minutes with the example vault
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tests/demo.sh

test: $(READY) $(MO)  ## Run the tests
	$(BIN)/python -m pytest -n auto

check: $(READY) $(MO)  ## Style, types, architecture, catalogue, reference, the example vault
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.catalogue --check
	$(BIN)/python -m tests.reference --check
	$(BIN)/vault -C example_vault lint

fix: $(READY)  ## Let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(READY) $(MO)  ## Rewrite the expected outputs and the generated reference, on purpose
	$(BIN)/python -m tests.reference
	VAULT_GOLDEN=1 $(BIN)/python -m pytest -q $$(grep -rl --include='test_*.py' VAULT_GOLDEN tests)

bench: $(READY) $(MO)  ## Measure search, lint, sealing and sync on made-up customers (make bench LARGE=1: 100,000 too)
	rm -rf build/bench && mkdir -p build/bench
	$(BIN)/python -m tests.bench.relevance
	$(BIN)/python -m tests.bench.search --place build/bench $(if $(LARGE),--large)
	$(BIN)/python -m tests.bench.bench --place build/bench
	$(BIN)/python -m tests.bench.build --place build/bench
	$(BIN)/python -m tests.bench.privacy
	$(BIN)/python -m tests.bench.lint --place build/bench
	$(BIN)/python -m tests.bench.seal --place build/bench
	$(BIN)/python -m tests.bench.sync --place build/bench $(if $(LARGE),--large)
	$(if $(LARGE),$(BIN)/python -m tests.bench.build --place build/bench --customers 100000 --engine tantivy)

soak: $(READY) $(MO)  ## The property tests over and over, with new examples (make soak TURNS=100)
	for turn in $$(seq $(or $(TURNS),20)); do \
		HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -q -n auto -m hypothesis || exit 1; done

messages: $(READY)  ## Take new messages into the Chinese catalogue, and compile it
	$(BIN)/python -m tests.catalogue
	$(BIN)/python hatch_build.py

lock:  ## Pin every development dependency anew
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check '.[dev]'
	build/lock/bin/pip freeze --exclude vault-tool > requirements-dev.txt
	rm -rf build/lock

wheel: $(READY)  ## Build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

clean:  ## Remove everything that was made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f $(MO)
