# make app    start the app            make test       run the tests
# make lint   check style and types    make test-fast  run the tests without browser and training, in a minute
# make lock   pin every package again  make test-ci    run the long tests that only .ci/run needs
#                                      make bench      measure the figures of docs/performance.md

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST := $(PY) -m pytest --numprocesses 2 --dist loadfile

.PHONY: app test test-fast test-ci lint bench lock

app: $(VENV)/.installed
	@$(PY) -m streamlit run streamlit_app.py

test: $(VENV)/.installed-dev
	@$(PYTEST)

test-fast: $(VENV)/.installed-dev
	@$(PYTEST) -m "not browser and not slow and not ci"

test-ci: $(VENV)/.installed-serve
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

# These two empty files are newer than the locked requirements once everything is installed.
$(VENV)/.installed: requirements.lock | $(VENV)/bin/python
	@echo "Installing the requirements, once (about 300 MB on Linux)"
	@$(INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

$(VENV)/.installed-serve: requirements-serve.lock $(VENV)/.installed-dev
	@$(INSTALL) -r requirements-serve.lock
	@touch $@

# The .txt files name what the project imports, the .lock files everything that those need, for every platform.
UV_COMPILE := pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 \
	--custom-compile-command "make lock" $(LOCK_OPTIONS)

lock: | $(VENV)/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(PY) -m uv $(UV_COMPILE) -o requirements.lock requirements.txt
	@$(PY) -m uv $(UV_COMPILE) -c requirements.lock -o requirements-dev.lock requirements-dev.txt
	@$(PY) -m uv $(UV_COMPILE) -c requirements.lock -o requirements-serve.lock requirements-serve.txt
