# Each target sets up what it needs; a fresh machine has to have python3 (with venv), make and git.

.DEFAULT_GOAL := help
SHELL := /bin/bash
UV_VERSION := 0.13.8

# Which of the two parity targets to use: 3.1 (Composer's composer-3-airflow-3.1.7) or 3.3 (composer-3-airflow-3.3.1).
AIRFLOW ?= 3.1

ROOT := $(CURDIR)
UV := $(ROOT)/.tools/bin/uv
ifeq ($(AIRFLOW),3.1)
LOCK := requirements.txt
SUFFIX :=
TESTS :=
else ifeq ($(AIRFLOW),3.3)
LOCK := requirements-airflow-3.3.txt
SUFFIX := -3.3
TESTS := tests/plugins tests/architecture tests/contract/bigquery tests/e2e/test_covertype_sgd.py
else
$(error AIRFLOW is '$(AIRFLOW)'; expected 3.1 or 3.3)
endif
VENV := .venv$(SUFFIX)
HOME_OF_AIRFLOW := .airflow$(SUFFIX)
PYTHON := $(ROOT)/$(VENV)/bin/python
STATE := $(ROOT)/.timberline/state
LOGS := $(ROOT)/.timberline/logs
STAMP := $(shell date +%Y%m%dT%H%M%S)

export LOCALGCP_UV := $(UV)
export LOCALGCP_CACHE_DIR := $(ROOT)/.cache/localgcp
export LOCALGCP_STATE_DIR := $(STATE)
export AIRFLOW_HOME := $(ROOT)/$(HOME_OF_AIRFLOW)
export AIRFLOW__CORE__DAGS_FOLDER := $(ROOT)/dags
export AIRFLOW__CORE__PLUGINS_FOLDER := $(ROOT)/plugins
export AIRFLOW__CORE__LOAD_EXAMPLES := False
export AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION := False
export AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE := True
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := False
export PYTHONPATH := $(ROOT)/local
export PYTHONUNBUFFERED := 1
export PATH := $(ROOT)/$(VENV)/bin:$(PATH)

PROJECT := local-project
COMPILE := $(UV) pip compile --quiet requirements.in --python-version 3.11 --no-emit-index-url --no-header --upgrade
LOCALGCP := $(PYTHON) -m localgcp run --project $(PROJECT) --bucket $(PROJECT)-timberline

DAG ?= covertype_xgboost
CONF ?=
# The preset of `make demo`: full (all rows, the default) or quick.
PRESET ?= full
# How many processes `make test` runs tests in; each starts servers and jobs of its own.
WORKERS ?= 2
# The port of `make ui`.
PORT ?= 8080

.PHONY: help setup demo run ui status test check coverage format lock bench clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(HOME_OF_AIRFLOW)/.ready ## Install everything into this folder (.tools, .venv, .airflow).

.tools/.uv-$(UV_VERSION):
	@echo "Setting up uv $(UV_VERSION) in .tools"
	@rm -rf .tools && python3 -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(VENV)/.ready: .tools/.uv-$(UV_VERSION) $(LOCK) plugins/pyproject.toml localgcp/pyproject.toml
	@echo "Installing the packages of $(LOCK) in $(VENV) (about a minute)"
	@$(UV) venv --quiet --clear --python 3.11 $(VENV)
	@$(UV) pip install --quiet --python $(PYTHON) --compile-bytecode -r $(LOCK)
	@$(UV) pip install --quiet --python $(PYTHON) --no-deps -e plugins -e localgcp
	@touch $@

$(HOME_OF_AIRFLOW)/.ready: $(VENV)/.ready
	@echo "Setting up Airflow's database in $(HOME_OF_AIRFLOW)"
	@rm -rf $(HOME_OF_AIRFLOW) && mkdir -p $(HOME_OF_AIRFLOW)
	@airflow db migrate > $(HOME_OF_AIRFLOW)/migrate.log 2>&1 || { tail -20 $(HOME_OF_AIRFLOW)/migrate.log; exit 1; }
	@touch $@

demo: setup ## Run the main pipeline on this machine: seven tuned, gated and smoke-tested models.
	@$(LOCALGCP) -- $(PYTHON) -m local.run_dag covertype_xgboost --log $(LOGS)/demo-$(STAMP).log --conf '{"preset": "$(PRESET)", "serving": "ephemeral"}'

run: setup ## Run any DAG on this machine: make run DAG=<dag_id> [CONF='{...}'].
	@$(LOCALGCP) -- $(PYTHON) -m local.run_dag $(DAG) --log $(LOGS)/$(DAG)-$(STAMP).log $(if $(CONF),--conf '$(CONF)')

ui: setup ## Airflow's web interface and scheduler on this machine: make ui [PORT=8081].
	@$(LOCALGCP) -- $(PYTHON) -m local.ui --port $(PORT) --home $(AIRFLOW_HOME) --logs $(LOGS)/ui-$(STAMP)

status: $(VENV)/.ready ## Show the jobs, trials and metrics of the running or the last run.
	@$(PYTHON) -m localgcp status

test: setup ## Run all tests and print the ten slowest; AIRFLOW=3.3 runs plugin, DAGs, BigQuery and a pipeline there.
	@$(PYTHON) -m pytest $(TESTS) -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=10

check: setup ## Lint, types, layers, SQL, spelling, known vulnerabilities.
	@ruff check . && ruff format --check .
	@mypy plugins/timberline localgcp local
	@for trainer in trainers/*/; do (cd $$trainer && mypy) || exit 1; done
	@lint-imports
	@sqlfluff lint --nofail --disable-progress-bar include/sql > /dev/null
	@sqlfluff lint --disable-progress-bar include/sql
	@codespell
	@$(PYTHON) -m local.audit

coverage: $(VENV)/.ready ## Bring the tables of methods in localgcp/README.md up to date.
	@$(PYTHON) -m localgcp coverage --update localgcp/README.md

format: setup ## Format the code.
	@ruff check --fix . ; ruff format .

lock: .tools/.uv-$(UV_VERSION) ## Compile the two locks from requirements.in.
	@$(COMPILE) --exclude-newer 2026-07-01 -o requirements.txt
	@$(COMPILE) --exclude-newer 2026-11-30 --override requirements-airflow-3.3.in -o requirements-airflow-3.3.txt

bench: setup ## Measure, and write bench/RESULTS.md.
	@$(PYTHON) -m bench

clean: ## Remove what running left behind; the installed packages stay.
	@rm -rf .timberline .airflow .airflow-*
