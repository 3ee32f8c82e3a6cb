# make app    start the app            make test   run every test
# make lint   check the style          make bench  measure the README's figures

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: app test lint bench

app: $(VENV)/.installed
	@$(PY) -m streamlit run streamlit_app.py

test: $(VENV)/.installed-dev
	@$(PY) -m pytest --numprocesses 2 --dist loadfile

lint: $(VENV)/.installed-dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

bench: $(VENV)/.installed-dev
	@$(PY) -m benchmarks

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
		echo "The lab needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is not one of them. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; \
		exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# The stamp files are newer than the requirements as long as nothing has to be installed.
$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing the pinned requirements, once (about 300 MB on Linux)"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
