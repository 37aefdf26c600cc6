# Commands of the project; `make help` lists them.

PYTHON      ?= python3
VENV        ?= .venv
TORCH_INDEX ?=
ARGS        ?=

BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP    = $(BIN)/python -m pip install --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help .venv bench test lint types report baseline format clean

help:
	@echo 'make bench    judge the claims: pytest bench/ $$(ARGS)'
	@echo 'make test     lint, types, and the tests and docstring examples of the package'
	@echo 'make lint     ruff check and ruff format --check'
	@echo 'make types    mypy --strict'
	@echo 'make report   rebuild the committed report from the committed baseline'
	@echo 'make baseline update both: 5 seeds of the standard tier, the controls, the quick tier'
	@echo 'make format   let ruff mend and format the code'
	@echo 'make .venv    make the virtual environment; every target above does so when needed'
	@echo 'make clean    remove caches and build output; the environment and .epochal/ stay'
	@echo
	@echo 'PYTHON=$(PYTHON)  the Python, 3.11 or newer, that the environment is made with'
	@echo 'VENV=$(VENV)  where the environment is'
	@echo 'TORCH_INDEX=$(TORCH_INDEX)  a package index to take torch alone from, e.g. for CPU builds'
	@echo 'ARGS=$(ARGS)  passed on to pytest, e.g. make bench ARGS="--tier standard"'

.venv: $(STAMP)

# torch goes first and alone: it is by far the largest download, and it may have an index of its
# own. That index need not hold the pinned versions of torch's dependencies, hence --no-deps there.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'epochal needs Python 3.11 or newer, and "$(PYTHON)" is not: say which with make PYTHON=python3.11' >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(PIP) -c constraints.txt --no-deps --index-url $(TORCH_INDEX) torch)
	$(PIP) -c constraints.txt torch
	$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@

bench: $(STAMP)
	$(BIN)/python -m pytest bench/ $(ARGS)

# Most of the tests' time is that of sessions which they start, so they run beside each other; and
# each is a process, which need not compile the package once more where none may write bytecode.
test: lint types
	@$(BIN)/python -m compileall -q src
	$(BIN)/python -m pytest --doctest-modules src tests lab/tests -n auto --dist worksteal $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/python -m mypy

report: $(STAMP)
	$(BIN)/python -m epochal report --baseline reports/baseline --report reports
	$(BIN)/python -m lab page

# Rows of reduced claims come from the quick tier, whose runs the journal then has.
UPDATE = $(BIN)/python -m pytest bench/test_claims.py --seeds 5 --update-baseline $(ARGS)
baseline: $(STAMP)
	$(UPDATE) --tier standard
	$(UPDATE) --tier standard --controls
	$(UPDATE)
	$(MAKE) report

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build dist src/*.egg-info .tox .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests lab bench cases -name __pycache__ -type d -prune -exec rm -rf {} +
