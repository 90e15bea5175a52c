# The commands of the project; `make` alone lists them. Everything runs in .venv, which the first of them makes.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PYTHONUTF8 := 1

PYTHON := .venv/bin/python
LAUREL := .venv/bin/laurel
# E.g. `make demo ARGS="--scale small"`, `make test ARGS="-k recusal"`.
ARGS ?=

.PHONY: help setup setup-dev broker demo up down status test fuzz lint faults bench bench-media compose-smoke secrets lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv from the hash-pinned locks (the others do it by themselves)
	@infra/stack/setup.sh stack

setup-dev:
	@infra/stack/setup.sh dev

# Says so where RabbitMQ has to be installed first.
broker: setup
	@$(PYTHON) -m infra.stack.broker

demo: broker ## the whole main job on real input, with its report in var/demo
	@$(PYTHON) -m tests.demo $(ARGS)

up: broker ## start the platform in the background and print its one URL; MEDIA_WORKERS=n
	@$(LAUREL) up $(if $(MEDIA_WORKERS),--media-workers "$(MEDIA_WORKERS)")

down: setup ## stop it; data stay (`.venv/bin/laurel reset` removes them)
	@$(LAUREL) down

status: setup ## show processes, queues and outbox lag
	@$(LAUREL) status

# Two at a time, each with servers of its own: most tests wait for something. `ARGS=-n0` runs them one by one.
# They measure real servers by the clock, and a crowded machine can hold up any of them: a few that fail are run once
# more, alone. Whatever fails for a reason fails again; what does not is named twice in the output.
MOST_AGAIN := 5

test: lint broker ## lints and all tests against real servers
	@$(PYTHON) -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder $(ARGS) && exit 0; status=$$?; \
	failed=$$($(PYTHON) -c 'import json; print(len(json.load(open(".pytest_cache/v/cache/lastfailed"))))') || exit $$status; \
	if [ $$status -ne 1 ] || [ $$failed -gt $(MOST_AGAIN) ]; then exit $$status; fi; \
	echo "once more, alone: $$failed of them failed beside others"; \
	$(PYTHON) -m pytest -q -n 0 --last-failed --last-failed-no-failures none

# Other requests each time; `ARGS="-k files"` narrows it, `FUZZ_EXAMPLES=500` goes further.
fuzz: export FUZZ_EXAMPLES ?= 60
fuzz: setup-dev broker ## made-up requests to every operation of every api, good and bad; minutes, not part of `make test`
	@$(PYTHON) -m pytest -q -n 2 tests/integration/*/test_openapi.py $(ARGS)

lint: setup-dev ## ruff, mypy --strict, import-linter, and what is generated from the contracts
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PYTHON) -m contracts.generate --check
	@$(PYTHON) -m contracts.compat

faults: setup-dev broker ## kill processes and brokers while submissions flow; figures in var/faults
	@$(PYTHON) -m tests.faults $(ARGS)

bench: setup-dev broker ## speed, as ratios measured in one run; figures in var/bench
	@$(PYTHON) -m tests.bench $(ARGS)

bench-media: setup-dev broker ## media against bare decoding, pyvips, Celery + Pillow + ffprobe; figures in var/bench-media
	@$(PYTHON) -m tests.bench_media $(ARGS)

compose-smoke: setup-dev ## bring the containers up, run a small campaign, scale, take them down
	@$(PYTHON) -m tests.compose $(ARGS)

secrets: setup ## write .env and var/secrets for docker compose; never overwrites
	@$(LAUREL) secrets

lock: setup-dev ## pin requirements/*.in anew, with hashes
	@infra/stack/lock.sh

clean: ## stop the platform, remove .venv and caches; data in var/ stay
	@if [ -x $(LAUREL) ]; then $(LAUREL) down; fi
	@rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
