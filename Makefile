# `make run` and `make test` are all a newcomer needs; the rest is for those who work on it.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

.PHONY: run test check bench catalogues messages format clean

run: $(VENV)/.installed $(CATALOGUES)
	@$(BIN)/jukwaa migrate
	@$(BIN)/jukwaa demo --if-empty
	@exec $(BIN)/jukwaa serve --with-worker

test: $(VENV)/.for-tests $(CATALOGUES)
	$(BIN)/pytest -n auto $(ARGS)

check: $(VENV)/.for-tests $(CATALOGUES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.for-tests $(CATALOGUES)
	$(BIN)/python -m benchmarks $(ARGS)

format: $(VENV)/.for-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Bring the catalogues up to date with the words in the code.
messages: $(VENV)/.for-tests
	@mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml -k _l -k _lp:1c,2 --no-location --sort-output -o build/messages.pot .
	$(BIN)/pybabel -q update -w 120 -i build/messages.pot -d translations --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

catalogues: $(CATALOGUES)

%.mo: %.po $(VENV)/.installed
	@$(BIN)/pybabel -q compile -i $< -o $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Jukwaa needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing what Jukwaa needs (once, about a minute)…"
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.for-tests: $(VENV)/.installed
	@echo "Installing what the tests need (once)…"
	@$(PIP) install -c constraints.txt -e '.[postgres,test,check]'
	@touch $@

clean:
	rm -rf $(VENV) build instance $(CATALOGUES)
