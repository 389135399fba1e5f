# What a developer types. `make` alone lists it. Everything lands in .venv and .tools of this folder.
# ARGS is handed on: make test ARGS="-k late -x", make demo ARGS="--help".

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test depth surfaces servers spark stories docs chart stats stats-full brokers crash load soak hostile lint types sbom bench bench-alarms bench-throughput guard lock tools wheels browser clean

ARGS ?=
ROUNDS ?= 60
BIN := .venv/bin
UV := .tools/uv/bin/uv
NATIVE := tools/native.sh $(wildcard native/*.* native/src/*/*)

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

setup: .venv/.dev ## Make .venv with everything a developer needs

demo: .venv/.demo ## The whole system on this machine, with a drift to look at
	@$(BIN)/driftwatch demo $(ARGS)

test: .venv/.dev tools ## The whole test suite, with a real broker and a real Prometheus
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not brokers and not surfaces and not servers and not spark and not stories and not depth" $(ARGS)

brokers: .venv/.dev tools ## Rebalances, secured brokers and the state in Kafka, at length; some 5 minutes
	@$(BIN)/python -m pytest tests/sources tests/state tests/e2e tests/client -n 2 --dist loadfile -m brokers $(ARGS)

surfaces: .venv/.dev tools browser ## What people look at, in a real browser, Prometheus, Alertmanager and from a clean clone
	@$(BIN)/python -m pytest tests -n 2 --dist loadfile -m surfaces $(ARGS)

depth: .venv/.dev tools ## Many cases, programs beside each other, other people's answers; some 2 minutes
	@$(BIN)/python -m pytest tests -n 2 --dist loadfile -m "depth and not brokers and not surfaces" $(ARGS)

stories: .venv/.dev tools ## What happens in production, and what is said of it; some 2 minutes
	@$(BIN)/python -m pytest tests/stories -n 2 --dist loadfile -m stories $(ARGS)

servers: .venv/.dev tools $(UV) ## A real model server, whose log is read; installs 400 MB, then a minute
	@tools/mlserver.sh $(UV)
	@$(BIN)/python -m pytest tests/servers -m servers $(ARGS)

spark: .venv/.dev $(UV) ## A real Spark cluster, whose rows a baseline is built of; installs 900 MB, then 2 minutes
	@tools/spark.sh $(UV)
	@$(BIN)/python -m pytest tests/spark -m spark $(ARGS)

stats: .venv/.dev ## Whether the alarm keeps its promise: false alarms and power, some 5 minutes
	@$(BIN)/python -m pytest tests/statistics $(ARGS)

stats-full: .venv/.dev ## The same over every population and size, some hours
	@$(BIN)/python -m pytest tests/statistics --full-grid $(ARGS)

load: .venv/.dev tools ## Twice what a daemon can read, and what becomes of it; a minute, or SECONDS=300
	@$(BIN)/python -m pytest tests/load/test_load.py --seconds $(or $(SECONDS),60) $(ARGS)

soak: .venv/.dev tools ## Half of what a daemon can read, and that it does not grow; 2 minutes, or SECONDS=1800
	@$(BIN)/python -m pytest tests/load/test_soak.py --seconds $(or $(SECONDS),120) $(ARGS)

crash: .venv/.dev tools ## Crash, freeze and rebalance a group, and count again what it counted: ROUNDS=3000
	@$(BIN)/python -m pytest tests/crash --rounds $(ROUNDS) $(ARGS)

docs: .venv/.dev ## The documents as a site, in build/site; a broken link fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict $(ARGS)

lint: .venv/.dev ## The style of the code
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: .venv/.dev ## The types of the code and of its tests
	@$(BIN)/mypy

bench: .venv/.dev ## How fast the way of a record is
	@$(BIN)/python -m benchmarks.spine $(ARGS)

bench-alarms: .venv/.dev ## False alarms and delays, beside other tools on the same streams
	@$(BIN)/python -m benchmarks.alarms $(ARGS)

bench-throughput: .venv/.dev tools ## Speed, beside other tools and the machine's limits; some 20 minutes
	@$(BIN)/python -m benchmarks.throughput $(ARGS)

guard: .venv/.dev ## Whether it has become slower, by ratios to a fixed loop; under a minute
	@$(BIN)/python -m benchmarks.guard

hostile: .venv/.dev ## A million damaged records, hostile configurations and artifacts; some 4 minutes
	@$(BIN)/python -m benchmarks.hostile $(ARGS)

sbom: .venv/.dev ## What a container holds, as CycloneDX: build/driftwatch.cdx.json
	@tools/sbom.sh

wheels: .venv/.dev ## The wheels of Driftwatch and of its compiled part, in dist
	@tools/wheels.sh

tools: ## The broker and the Prometheus that the tests run against
	@tools/openssl.sh
	@tools/kafka.sh
	@tools/prometheus.sh

browser: ## The Chromium that the pages are looked at with
	@tools/chromium.sh

chart: .venv/.dev tools ## The Helm chart over several values, checked against the schemas of Kubernetes; builds Helm
	@tools/helm.sh
	@$(BIN)/python -m pytest tests/chart $(ARGS)

lock: $(UV) ## Write requirements/*.lock anew; ARGS=--upgrade takes the newest versions
	@tools/lock.sh $(UV) $(ARGS)

clean: ## Remove all that make made
	rm -rf .venv .tools build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The demo needs less than a developer does, and starts sooner for it.
.venv/.demo: requirements/demo.lock pyproject.toml tools/venv.sh tools/python.sh
	@tools/venv.sh requirements/demo.lock
	@touch $@

.venv/.dev: requirements/dev.lock .venv/.demo $(NATIVE)
	@tools/venv.sh requirements/dev.lock
	@tools/native.sh
	@touch $@

$(UV): requirements/uv.lock tools/python.sh
	@python=$$(tools/python.sh) && "$$python" -m venv --clear .tools/uv
	@.tools/uv/bin/python -m pip --disable-pip-version-check --quiet install \
		--require-hashes --no-deps --requirement requirements/uv.lock
	@touch $@
