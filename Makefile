# `make` prints this menu. Every target sets up what it needs (.ci/setup); a second run costs nothing.

PYTHON_IN_VENV := .venv/bin/python
TOOLS := .venv-tools/bin
PURE := evidence diagnosis redaction
# Several test processes; the tests of one file stay together, because a file often shares one running proxy.
# A test that hangs ends its process (pyproject.toml); in a new one it would only hang again.
PYTEST := $(PYTHON_IN_VENV) -m pytest -n auto --maxprocesses 4 --dist loadfile --max-worker-restart 0

.DEFAULT_GOAL := help
.PHONY: help demo test check check-deploy bench soak fuzz audit sbom format build lock clean reliability

help: ## this menu
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target purpose; do \
		printf '%-20s %s\n' "$$target" "$$purpose"; done

demo: ## watch real clients being refused, each refusal explained; needs no network once installed
	@.ci/setup demo
	@.venv/bin/why403 demo

test: ## the whole test suite; the tests of evidence, diagnosis and redaction must reach their every branch
	@.ci/setup test
	@$(PYTEST) $(PURE:%=tests/%) $(PURE:%=--cov=proxy_addons.%) --cov-report=term
	@$(PYTEST) $(PURE:%=--ignore=tests/%)

check: ## ruff, formatting, mypy (strict), import contracts
	@.ci/setup test
	@.ci/setup tools
	@$(TOOLS)/ruff check --quiet
	@$(TOOLS)/ruff format --check --quiet || { $(TOOLS)/ruff format --check; exit 1; }
	@$(TOOLS)/mypy --no-error-summary --python-executable $(PYTHON_IN_VENV)
	@$(TOOLS)/lint-imports --no-logo
	@echo 'why403: ruff, formatting, types and import contracts are clean'

check-deploy: ## the files of deploy/: image, compose, Kubernetes, systemd, HAProxy, Prometheus
	@.ci/setup deploy
	@.ci/check-deploy

bench: ## speed against stock mitmdump, into bench/results and README; QUICK=1, LONG=1, ROWS="tls start"
	@.ci/setup test
	@.ci/setup bench || echo 'why403: going on without proxy.py'
	@$(PYTHON_IN_VENV) -m bench.speed $(if $(QUICK),--quick) $(if $(LONG)$(BENCH_LONG),--long) $(if $(ROWS),--only $(ROWS))

soak: ## a running proxy under mixed traffic for SOAK_MINUTES=20, judged and drawn; STORM=1 for storms
	@.ci/setup test
	@$(PYTHON_IN_VENV) -m bench.soak $(if $(SOAK_MINUTES),--minutes $(SOAK_MINUTES)) $(if $(STORM),--storm)

reliability: ## break every part of ours; compare thousands of exchanges (EXAMPLES=3000) with what was sent
	@.ci/setup test
	@WHY403_RELIABILITY=1 WHY403_EXAMPLES=$(or $(EXAMPLES),3000) $(PYTHON_IN_VENV) -m pytest -q --durations=5 \
		tests/live/test_fail_open.py tests/live/test_transparency*.py tests/live/test_faults.py \
		tests/sinks/store/test_store_trouble.py tests/sinks/store/test_store_clock.py tests/live/test_harmlessness.py

fuzz: ## long fuzzing of every parser, FUZZ_SECONDS (600) in all; what breaks is kept in build/fuzz/findings
	@.ci/setup test
	@.ci/setup fuzz 2>/dev/null || true
	@nice -n 10 $(PYTHON_IN_VENV) -m bench.fuzz

audit: ## every locked package against the known vulnerabilities; error 3: the service could not be asked
	@.ci/setup tools
	@.ci/audit

sbom: ## the bill of materials of the image, dist/why403.cdx.json (CycloneDX)
	@.ci/setup tools
	@$(TOOLS)/python .ci/sbom.py dist/why403.cdx.json

format: ## let ruff format the code and apply its safe fixes
	@.ci/setup tools
	@$(TOOLS)/ruff format
	@$(TOOLS)/ruff check --fix

build: ## wheel and sdist in dist/
	@.ci/setup test
	@$(PYTHON_IN_VENV) -m hatchling build -d dist

lock: ## rewrite .ci/locks after a change of dependencies; UPGRADE=1 takes the newest releases
	@.ci/setup tools
	@UV=$(TOOLS)/uv .ci/lock $(if $(UPGRADE),--upgrade)

clean: ## remove both environments, caches and dist/
	@rm -rf .venv .venv-tools .venv-deploy .venv-fuzz .venv-bench build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find proxy_addons tests -name __pycache__ -type d -prune -exec rm -rf {} +
