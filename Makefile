# make app    start the app            make test       run the tests
# make lint   check style and types    make test-fast  run the tests without browser and training, in a minute
# make bench  measure the figures      make test-ci    run the long tests that only .ci/run needs
#             of docs/performance.md

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest --numprocesses 2 --dist loadfile

.PHONY: app test test-fast test-ci lint bench

app: $(VENV)/.installed
	@$(PY) -m streamlit run streamlit_app.py

test: $(VENV)/.installed-dev
	@$(PYTEST)

test-fast: $(VENV)/.installed-dev
	@$(PYTEST) -m "not browser and not slow and not ci"

test-ci: $(VENV)/.installed-dev
	@$(PYTEST) -m ci

lint: $(VENV)/.installed-dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: $(VENV)/.installed-dev
	@$(PY) -m benchmarks

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
		echo "This app needs Python 3.11, 3.12 or 3.13, but '$(PYTHON)' is another version. Choose one: make $(MAKECMDGOALS) PYTHON=python3.12"; \
		exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# These two empty files are newer than the requirements once everything is installed.
$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing the requirements, once (about 300 MB on Linux)"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
