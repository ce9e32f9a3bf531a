# Promptly. `make help` explains every target. Python ≥ 3.11 is all that is needed; everything else is installed here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps
EXTRAS := gateway auth cache optimizer router analytics alerts operator local dev
TESTS ?= tests/unit tests/damage tests/growth tests/attacks tests/contract tests/integration tests/e2e
.DEFAULT_GOAL := help
.PHONY: help prices model demo up status test check chaos cluster soak attacks growth bench-gateway bench-versions bench-workers bench-optimizer bench-prefix bench-cache bench-router bench-analytics bench-dashboard bench-credits bench-holdout bench-guard test-api test-integrations test-agents test-sdk-suites test-sdk test-sdk-python test-sdk-node images-check chart-check release upgrade-check dashboard test-dashboard dashboard-schema settings docs pictures fmt lock pgbouncer check-types check-rules

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

demo: $(VENV)/local ## Start everything, send real traffic, print what was saved, stop
	@$(BIN)/promptly demo

up: $(VENV)/local ## Start everything and stay (DEMO=1 also connects the demo's upstream, PORT=n chooses the port)
	@$(BIN)/python -m deploy.node.dashboard --if-node-is-here
	@exec $(BIN)/promptly up $(if $(DEMO),--demo) $(if $(PORT),--port $(PORT))

status: $(VENV)/local ## Ask a running Promptly how its parts are
	@$(BIN)/promptly status

test: $(VENV)/dev ## Run the tests against real servers (TESTS=path for a part of them)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

check: $(VENV)/dev ## Lint, format, types and import rules, in under a minute
	@$(MAKE) --no-print-directory --jobs=2 check-types check-rules

check-types:
	@$(BIN)/mypy

check-rules:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache >/dev/null 2>&1 || $(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest --quiet tests/unit/test_house_rules.py

chaos: $(VENV)/dev ## Kill and freeze parts under load, at true length, and print what was lost (nothing)
	@$(BIN)/python -m tests.chaos

soak: $(VENV)/dev model ## Mixed traffic for ten minutes; what each process takes of memory at start, middle and end
	@$(BIN)/python -m tests.chaos.soak

cluster: $(VENV)/dev model pgbouncer ## Kill parts of a cluster (3 NATS, 2 of everything, Traefik, PgBouncer) under load, and print what was lost (nothing)
	@$(PIP) -r tests/chaos/requirements/cluster.txt
	@$(BIN)/python -m tests.chaos.cluster

attacks: $(VENV)/dev ## Attack a running Promptly as a hostile provider, tenant and local user, and print what a victim noticed
	@$(BIN)/python -m tests.attacks
growth: $(VENV)/dev ## Double hard texts up to a megabyte under every reader of text, at length
	@PROMPTLY_GROWTH=long $(BIN)/python -m pytest -n 2 tests/growth

bench-gateway: $(VENV)/dev ## Measure the gateway beside its upstream, in one run
	@$(BIN)/python -m bench.gateway

bench-versions: $(VENV)/dev model ## Measure another checkout's gateway (OLD=path) and this one's by turns, in one run
	@$(BIN)/python -m bench.versions $(OLD)

prices: $(VENV)/dev ## Write the prices of other makers' models anew, from the pinned genai-prices
	@$(BIN)/python -m bench.prices

bench-workers: $(VENV)/dev model ## Measure the gateway with one worker and with two on the same port
	@$(BIN)/python -m bench.workers

bench-optimizer: $(VENV)/dev model ## Measure what the optimizer saves, and what it loses
	@$(BIN)/python -m bench.optimizer

bench-prefix: $(VENV)/dev ## Measure what a provider's prompt cache saves where Promptly asks for it, and what it costs
	@$(BIN)/python -m bench.prefix

bench-cache: $(VENV)/dev model ## Measure what the cache serves, what it must not, and how fast
	@$(BIN)/python -m bench.cache

bench-router: $(VENV)/dev model ## Measure how well the router ranks, learns and keeps still
	@$(BIN)/python -m bench.router

# The embedding model, fetched and converted where that was not done yet.
model: $(VENV)/dev
	@$(BIN)/python -m libs.common.embedding var/model > /dev/null

# PgBouncer is in no Python package. Where Debian's tools are and none is installed, its package is unpacked for the tests alone.
pgbouncer:
	@command -v pgbouncer >/dev/null || test -x /usr/sbin/pgbouncer || test -x var/pgbouncer/usr/sbin/pgbouncer || { \
	  command -v apt-get >/dev/null && command -v dpkg >/dev/null && mkdir -p var/pgbouncer && cd var/pgbouncer && \
	  { apt-get download -qq pgbouncer libc-ares2 2>/dev/null || { apt-get update -qq && apt-get download -qq pgbouncer libc-ares2; }; } && \
	  for package in *.deb; do dpkg -x $$package . || exit 1; done && rm -f *.deb; } || \
	  echo "There is no PgBouncer here, and none could be fetched: what needs it is skipped."

bench-analytics: $(VENV)/dev ## Measure the dashboard's calls on a million requests, and count them again
	@$(BIN)/python -m bench.analytics

bench-dashboard: $(VENV)/dev ## Measure the dashboard in Chromium on a million requests: what it fetches, when it can be used
	@$(BIN)/python -m bench.dashboard

bench-credits: $(VENV)/dev ## Measure how fast one organization can be charged, with and without leases
	@$(BIN)/python -m bench.credits

bench-holdout: $(VENV)/dev ## Simulate savings and harms that are known, and count how often the holdout's figures hold
	@$(BIN)/python -m bench.holdout

bench-guard: $(VENV)/dev model ## Play 2,000 conversations that a lever harms on a running Promptly, and print what the guard does
	@$(BIN)/python -m bench.holdout.running

test-api: $(VENV)/dev ## Hold both APIs to their documents with schemathesis, at length (API_EXAMPLES=n per operation)
	@PROMPTLY_API_EXAMPLES=$(or $(API_EXAMPLES),200) $(BIN)/python -m pytest -s tests/integration/api/test_schemathesis.py

test-integrations: $(VENV)/dev ## Run other tools' clients against Promptly, each in its own environment
	@$(BIN)/python -m tests.integrations
	@$(BIN)/python -m tests.integrations.libraries
	@$(BIN)/python -m tests.integrations.agents

test-agents: $(VENV)/dev ## Run coding agents (Claude Code, Codex, Gemini CLI, opencode, Qwen Code) against Promptly, each in its own environment
	@$(BIN)/python -m tests.integrations.agents

test-sdk-suites: $(VENV)/dev model ## Run the own tests of OpenAI's and Anthropic's SDKs against Promptly, and print which failed and why
	@$(BIN)/python -m tests.integrations.suites

test-sdk: test-sdk-python test-sdk-node ## Build both SDKs, install each where nothing else is, run its README against a running Promptly

test-sdk-python: $(VENV)/dev ## The Python half of it
	@$(BIN)/python -m tests.sdk_python

test-sdk-node: $(VENV)/dev ## The Node half of it
	@$(BIN)/python -m tests.sdk_node

dashboard: $(VENV)/bin/python ## Build the dashboard that the gateway serves at / (Node ≥ 22, or one from the Python index)
	@$(BIN)/python -m deploy.node.dashboard

test-dashboard: $(VENV)/dev ## Component tests of the dashboard, then a browser that walks it against a running Promptly
	@$(BIN)/python -m tests.dashboard

pictures: $(VENV)/dev ## Take the pictures of the dashboard in docs/images anew
	@$(BIN)/python -m bench.pictures docs/images

dashboard-schema: $(VENV)/dev ## Write the dashboard's types anew from the control plane's document
	@$(BIN)/python -m tests.dashboard schema

docs: $(VENV)/bin/python ## Build the documentation's site into var/site
	@test var/docs-env/done -nt requirements/docs.txt || { $(PYTHON) -m venv var/docs-env && \
	  var/docs-env/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/docs.txt && touch var/docs-env/done; }
	@NO_MKDOCS_2_WARNING=1 PYTHONPATH=. var/docs-env/bin/mkdocs build --strict --quiet && echo "var/site/index.html"

images-check: $(VENV)/dev ## Build the images (Docker, or as root Debian's buildah), look into each, start all of them, print what they weigh
	@$(BIN)/python -m tests.images

chart-check: $(VENV)/dev ## Render the Helm chart in each of its sets of values, and hold it to the schemas of three versions of Kubernetes
	@$(BIN)/python -m tests.chart

upgrade-check: $(VENV)/dev model ## Fill another commit's Promptly (OLD=commit or tag), migrate what it left, go on with it, and print what was lost (nothing)
	@test -n "$(OLD)" || { echo "Say from where: make upgrade-check OLD=v0.1.0" >&2; exit 1; }
	@$(BIN)/python -m tests.upgrade $(OLD)

release: $(VENV)/dev ## Make a release of this commit: VERSION=0.2.0 gives a tag, wheels, the chart's package, SBOMs and licences in dist/0.2.0
	@test -n "$(VERSION)" || { echo "Say which: make release VERSION=0.2.0" >&2; exit 1; }
	@$(BIN)/python -m bench.release $(VERSION) $(if $(NO_DASHBOARD),--without-dashboard)

settings: $(VENV)/dev ## Write docs/settings.md, the list of names, and what is made of the chart's values anew
	@$(BIN)/python -m bench.settings_reference
	@$(BIN)/python -m bench.chart_reference

fmt: $(VENV)/dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

lock: $(VENV)/dev ## Lock the dependencies of every service, by hash
	@for extra in $(EXTRAS); do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --python-version 3.11 --extra $$extra pyproject.toml --output-file requirements/$$extra.txt && \
	  sed -i.bak '/^promptly/d' requirements/$$extra.txt && rm requirements/$$extra.txt.bak || exit 1; \
	done
	@for tool in docs chart release; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --python-version 3.11 requirements/$$tool.in --output-file requirements/$$tool.txt || exit 1; \
	done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Promptly needs Python 3.11 or newer; set PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing (Debian: apt install python3-venv)." >&2; exit 1; }

# The stamps are newer than the lock files that they were installed from. `dev` holds all of `local`.
$(VENV)/local: requirements/local.txt pyproject.toml | $(VENV)/bin/python
	@test -e $(VENV)/dev || { echo "Installing Promptly into $(VENV) (about a minute) …"; $(PIP) -r requirements/local.txt; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Promptly and its development tools into $(VENV) (about two minutes) …"
	@$(PIP) -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/local
