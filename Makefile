# `make demo` and `make test` need nothing but Python 3.11 or newer; all they install goes into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
INSTALL = $(PIP) install --quiet --constraint constraints.txt

.PHONY: demo test lint format clean

demo: $(VENV)/.package
	$(BIN)/rag models pull
	$(BIN)/rag index seeds
	$(BIN)/rag ask "What did North Korea object to?"

test: $(VENV)/.test
	$(BIN)/rag models pull
	$(BIN)/python -m pytest

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .rag build dist

# torch goes first and alone: a CPU build of exactly this version, where one is offered, is then taken for good.
$(VENV)/.package: pyproject.toml constraints.txt
	@echo "Setting up $(VENV). Without a prebuilt wheel, llama-cpp-python is compiled, which takes some minutes once."
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) pip
	$(INSTALL) torch
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.package
	$(INSTALL) --editable ".[test]"
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	$(INSTALL) --editable ".[test,lint]"
	@touch $@
