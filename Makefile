# What developers run, and CI too. The tools come from the active environment:
#   python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && . .venv/bin/activate

PYTHON ?= python
# How long make fuzz takes: seconds for each target, and differential cases for each engine.
FUZZ_SECONDS ?= 3600
FUZZ_CASES ?= 500000
# Where random changes begin; 0 is anywhere.
FUZZ_SEED ?= 0
# Targets at the same time.
FUZZ_JOBS ?= 1
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

.DEFAULT_GOAL := check
.PHONY: check lint format types test slow coverage docs serve-docs bench floods soak conformance compliance fuzz audit wheel clean

check: lint types test  ## what every change must pass

lint:  ## style and formatting
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

format:  ## put into the one form
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

types:  ## static types
	$(PYTHON) -m mypy --strict
	$(PYTHON) -m mypy --strict -p compliance
	$(PYTHON) -m mypy --strict -p bench
	$(PYTHON) -m mypy --strict -p fuzz
	$(PYTHON) -m mypy --strict -p audit

test:  ## the fast tests
	$(PYTHON) -m pytest -q

slow:  ## real processes and long runs
	$(PYTHON) -m pytest -q -m slow

coverage:  ## the share of lines that the fast tests and the kit with one engine reach
	$(PYTHON) -m pytest -q --cov --cov-report= --cov-fail-under=0
	$(PYTHON) -m pytest -q -m slow -k quickjs tests/conformance/test_cases.py \
	  --cov --cov-append --cov-report=term:skip-covered

docs:  ## the manual as a site, in build/site
	$(PYTHON) docs/house.py
	$(PYTHON) -m mkdocs build --strict --quiet

serve-docs:  ## the manual at http://127.0.0.1:8000, rebuilt as you write
	$(PYTHON) -m mkdocs serve

bench:  ## no ratio to Node has clearly fallen
	$(PYTHON) -m bench --guard

floods:  ## ten minutes: how long an echo takes beside clients that flood
	$(PYTHON) -m bench.flood

soak:  ## twenty minutes: with each engine, a server stays as it is and loses nothing
	$(PYTHON) -m bench.soak

conformance:  ## every case with both engines, and the schemas
	$(PYTHON) -m accessor_host conformance --engine quickjs | grep 'must: '
	$(PYTHON) -m accessor_host conformance --engine dukpy | grep 'must: '
	$(PYTHON) -m accessor_host conformance --check-schema

compliance:  ## the Autobahn test suite, in short; skipped where there is no Python 2.7
	$(PYTHON) -m compliance --quick

fuzz:  ## hours: every target, then differential cases with and without a script
	$(PYTHON) -m fuzz --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED) --jobs $(FUZZ_JOBS)
	for engine in none quickjs dukpy; do \
	  $(PYTHON) -m fuzz.differential --engine $$engine --cases $(FUZZ_CASES) --seed $$(($(FUZZ_SEED) ? $(FUZZ_SEED) : RANDOM)); \
	done

audit:  ## known vulnerabilities of what is installed, and its bill of materials in build/
	$(PYTHON) -m audit

wheel:  ## the package, in dist/
	$(PYTHON) -m build --wheel

clean:  ## what the other targets made
	rm -rf build dist .coverage .coverage.*
