# make demo   a data product from real input, in .cache/demo
# make test   everything that CI runs
# make test-unit  the fast tests of functions over values, for each change
# make gauntlet  every promised update: versions, answers, lives, forges
# make thorough  every instant of a kill, every scenario, many random examples
# make engines   products on Spark, Snowflake, BigQuery and DuckLake
# make bench  speed, each figure a ratio of two things run in turn
# make lint   style and types
# make docs   the documentation site, in .cache/site
# make gallery  the pictures in docs/gallery.md, from products that it builds; needs Chromium
# make recording  the moving picture in README.md, from commands that it runs
# make newest  the newest version of every pin, tried, as a proposal (weekly, CI opens a pull request)
# make ahead PIN=duckdb  a fresh product with what comes next
# make release  the next version of the template: its note, its commit, its tag
# All set-up is done here: Python 3.10+, git and a package index are enough.

PYTHON ?= python3
UV := .venv/bin/uv
RUN := $(UV) run --quiet
# Tests run side by side; each starts processes of its own.
WORKERS ?= 2
# What is tested with each change; the other tiers run weekly and before a release.
EACH = not gauntlet and not thorough and not engines
# What random tests draw from: a run prints its seed, and make test SEED=… repeats it.
PYTEST = $(RUN) pytest -n $(WORKERS) $(if $(SEED),--seed $(SEED))
# What Python has compiled is kept, whatever the machine says: tests and benches start it often.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-unit gauntlet thorough engines bench lint docs gallery recording format newest ahead release clean
.DEFAULT_GOAL := demo

$(UV):
	@echo "setting up, once: about a minute"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Python 3.10 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "Python's venv module is missing (on Debian: apt install python3-venv)"; exit 1; }
	@.venv/bin/python -m pip --quiet --disable-pip-version-check install "uv>=0.9.8,<1"

# The environment is ready when this stamp is newer than what it was made from.
.cache/ready: $(UV) pyproject.toml 
	@mkdir -p .cache
	@echo "installing the pinned tools"
	@$(UV) sync --quiet --inexact --compile-bytecode
	@touch $@

demo: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(RUN) python tools/demo.py .cache/demo

test: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTEST) --costliest 25 -m "$(EACH)"

test-unit: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTEST) tests/unit -m "not slow and $(EACH)"

# Every version of the template, every profile of answers, every life of a product; and in all
# combinations what `make test` has once. Here uv starts every command, which tests else fork.
gauntlet: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" FIRST_LIGHT_TESTS_FORK=0 $(PYTEST) -m gauntlet

thorough: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTEST) -m thorough

engines: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTEST) -m engines

bench: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(RUN) python -m bench

lint: .cache/ready
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) python -m tools.release.manifest --check
	@$(RUN) python -m tools.release.contract --check
	@$(RUN) python -m tools.release.pins --check
	@$(RUN) python -m tools.reference --check
	@$(RUN) mypy --strict src tests bench tools
	@$(RUN) lint-imports --no-logo --cache-dir .cache/import-linter
	@$(RUN) zensical build --strict

docs: .cache/ready
	@$(RUN) zensical build --strict
	@echo "open .cache/site/index.html"

gallery: demo
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(RUN) python -m tools.gallery \
	  .cache/demo .cache/shop docs/assets/gallery

recording: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(RUN) python -m tools.recording \
	  .cache/recording docs/assets/first-light.svg

format: .cache/ready
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .
	@$(RUN) python -m tools.release.pins
	@$(RUN) python -m tools.release.manifest
	@$(RUN) python -m tools.release.contract
	@$(RUN) python -m tools.reference

newest: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(RUN) python -m tools.release.newest

ahead: .cache/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(RUN) python -m tools.release.ahead $(PIN)

# The version follows from what products will see; VERSION=v2.0.0 asks for more. Nothing is pushed.
release: .cache/ready gauntlet thorough engines
	@$(RUN) python -m tools.release $(VERSION)

clean:
	rm -rf .cache .venv
