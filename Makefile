# Start with `make up`, `make check` or `make test`; each installs what it needs.
ENV ?= production
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.made-from-requirements.lock
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help up down check lint types unit-tests test test-all bench clean
# tests/conftest.py says which files a worker runs together, and puts the longest first.
PYTEST := $(VENV)/bin/pytest --numprocesses logical --maxprocesses 4 --no-loadscope-reorder

help:
	@echo "make up       build ENV=$(ENV) on this machine and run the checks"
	@echo "make down     stop it and delete it"
	@echo "make check    lint, types, unit tests"
	@echo "make test     up, second run, drift and down on real servers; one example of each kind"
	@echo "make test-all every test; a third of them with SHARD=1/3"
	@echo "make bench    time an up, an unchanged up and a preview on this machine"
	@echo "make clean    delete the virtual environment and all caches"

up: $(STAMP)
	@$(VENV)/bin/nexusdb sandbox up --env "$(ENV)"

down: $(STAMP)
	@$(VENV)/bin/nexusdb sandbox down --env "$(ENV)"

# The type checker, which uses one core, runs beside the tests.
check: $(STAMP)
	@$(MAKE) --jobs 2 lint types unit-tests

lint: $(STAMP)
	@echo "lint …"
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/ruff format --check --quiet

types: $(STAMP)
	@echo "types …"
	@errors=$$($(VENV)/bin/mypy --no-error-summary 2>&1) || { echo "$$errors"; exit 1; }

unit-tests: $(STAMP)
	@echo "unit tests …"
	@$(PYTEST) tests/unit

# without the unit tests, which `make check` runs
test: $(STAMP)
	@$(VENV)/bin/nexusdb sandbox prepare
	@$(PYTEST) --ignore tests/unit -m "not exhaustive"

test-all: $(STAMP)
	@$(VENV)/bin/nexusdb sandbox prepare
	@$(PYTEST) --hypothesis-profile thorough $(if $(SHARD),--shard "$(SHARD)")

bench: $(STAMP)
	@$(VENV)/bin/nexusdb sandbox prepare
	@$(VENV)/bin/python -m tests.bench

clean:
	@if ls .sandbox/*.lock >/dev/null 2>&1; then \
		echo "an environment is still there: make down ENV=… first" >&2; exit 1; fi
	@rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip installs uv alone, by its lines of the lock file; uv installs the rest, in parallel.
UV_BY_PIP = sed -n '/^uv==/,/[^\\]$$/p' requirements.lock >$(VENV)/uv.lock && \
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r $(VENV)/uv.lock
# uv doesn't read pip's settings: a registry that is configured for pip is passed on to uv.
PIP_SETTINGS = pip_setting() { $(VENV)/bin/python -m pip config get "global.$$1" 2>/dev/null || true; }; \
	export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$(pip_setting index-url)}}" \
		UV_FIND_LINKS="$${UV_FIND_LINKS:-$${PIP_FIND_LINKS:-$$(pip_setting find-links)}}" \
		SSL_CERT_FILE="$${SSL_CERT_FILE:-$${PIP_CERT:-$$(pip_setting cert)}}"; \
	test -n "$$UV_DEFAULT_INDEX" || unset UV_DEFAULT_INDEX; \
	test -n "$$UV_FIND_LINKS" || unset UV_FIND_LINKS; \
	test -n "$$SSL_CERT_FILE" || unset SSL_CERT_FILE

# Made in one go: a stamp that exists means an environment that is complete.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)." >&2; \
		echo "Name another one with: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "Python's venv module is incomplete; on Debian or Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; }
	@echo "making $(VENV), once: the environment itself …"
	@rm -f $(STAMP)
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "uv, by pip …"
	@$(UV_BY_PIP)
	@echo "the packages of requirements.lock, by uv …"
	@$(PIP_SETTINGS); $(VENV)/bin/uv pip sync --python $(VENV) --require-hashes requirements.lock
	@$(PIP_SETTINGS); $(VENV)/bin/uv pip install --python $(VENV) --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)
