.DEFAULT_GOAL := help
.PHONY: help up demo smoke test lint rust bench load profile scale acceptance e2e shots chaos epochs cluster-test container-test retries \
	test-local-model model fuzz fuzz-events golden clean setup lock fuzz-gateway resize web web-lint
export UV_SYSTEM_CERTS ?= 1
BIN := .venv/bin

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Arguments go through ARGS: make up ARGS='--port 9000', make test ARGS='-k ledger'"

up: setup ## Run the whole platform until Ctrl-C
	@exec $(BIN)/tradewind up --with-parent $(ARGS)

demo: setup ## Send a mix of intents to the running platform and watch them
	@exec $(BIN)/tradewind demo $(ARGS)

smoke: setup ## Register, disable and trade an instrument on the running platform
	@exec $(BIN)/python -m tests.smoke $(ARGS)

test: setup ## Run the tests, three files at a time (ARGS='-n 0' for one)
	@exec $(BIN)/pytest -n 3 $(ARGS)

lint: setup ## Check style, types, imports and generated files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/tradewind contracts check
	scripts/check-deployment
	@$(MAKE) --no-print-directory rust web-lint

rust: setup ## Check and test the Rust extension, where there is a Rust toolchain
	@if cargo --version >/dev/null 2>&1; then \
		cd rust_ext && \
		cargo fmt --check && \
		cargo clippy --quiet --all-targets -- -D warnings && \
		cargo test --quiet --no-default-features; \
	fi

web: setup ## Develop the dashboard on the running platform, with every change at once
	@cd web && exec npm run dev -- $(ARGS)

web-lint: setup ## Check style and types of the dashboard, where there is Node.js
	@if [ -d web/node_modules ]; then cd web && npm run --silent lint; fi

bench: setup ## Measure, beside other frameworks, and write a JSON result
	@exec $(BIN)/python -m loadtest.bench $(ARGS)

load: setup ## Put a platform under load and report (ARGS='--profile ramp')
	@exec $(BIN)/python -m loadtest.load $(ARGS)

profile: setup ## Say what the CPU of a paper flow goes to, with a flame graph for each role
	@exec $(BIN)/python -m loadtest.profile $(ARGS)

scale: setup ## Measure what a flow costs by rate, and say what 2 to 32 cores would carry
	@exec $(BIN)/python -m loadtest.scale $(ARGS)

acceptance: setup ## Run the tests that start the whole platform
	@exec $(BIN)/pytest tests/acceptance $(ARGS)

e2e: setup ## Drive the dashboard in Chromium, and measure what it costs
	@E2E=whole exec $(BIN)/pytest -n 0 tests/e2e $(ARGS)

shots: setup ## Take a picture of every page of the running platform (ARGS='DIRECTORY')
	@exec $(BIN)/python -m tests.e2e.shots $(ARGS)

chaos: setup ## Hurt a platform of its own with random faults under load, and judge it
	@exec $(BIN)/python -m tests.chaos $(ARGS)

resize: setup ## Resize both stages of risk while 1,200 intents come and Redis is flushed
	@RESIZED_INTENTS=1200 exec $(BIN)/pytest tests/integration/book/test_resized.py $(ARGS)

cluster-test: setup ## Run the platform on three brokers, and lose each of them under load
	@exec $(BIN)/python -m tests.cluster $(ARGS)

container-test: setup ## Build the image, and run the compose file under podman (needs root)
	@scripts/check-deployment --install
	@exec unshare --mount --propagation private sh -c \
		'umount /sys/fs/cgroup/unified 2>/dev/null; exec $(BIN)/python -m tests.containers $(ARGS)'

retries: setup ## Send requests again and again through outages that last
	@RETRIES=long exec $(BIN)/pytest tests/integration/gateway/test_retries.py $(ARGS)

test-local-model: setup ## Ask a real, small model on this machine through the real adapter
	@scripts/local-model
	@exec $(BIN)/pytest -n 0 tests/local_model/judgements.py $(ARGS)

model: setup ## Explore the models of write path and portfolio stage with more faults than the tests do
	@$(BIN)/python -m tests.unit.write_path
	@exec $(BIN)/python -m tests.unit.portfolio_protocol

epochs: setup ## Tell 70,000 changes of one portfolio, in histories of the true length
	@TRADEWIND_TEST_UPDATES=70000 exec $(BIN)/pytest -n 0 -q tests/integration/book/test_long_ledger.py -k epochs

fuzz: setup ## Run the property tests with many new examples
	@HYPOTHESIS_PROFILE=long exec $(BIN)/pytest tests/unit $(ARGS)

fuzz-gateway: setup ## Send a gateway of its own 50,000 random requests and frames (ARGS='--seed 2')
	@exec $(BIN)/python -m tests.hostile.fuzz $(ARGS)

fuzz-events: setup ## Read a million events, good and broken, in Rust and by the models, and compare
	@exec $(BIN)/python -m tests.hostile.events $(ARGS)

golden: setup ## Record the golden histories anew, when a decision is meant to change
	@exec $(BIN)/python -m tests.replay.record $(ARGS)

clean: ## Remove the environment, the data and all caches
	@if $(BIN)/tradewind status >/dev/null 2>&1; then \
		echo "the platform is running, stop it first" >&2; exit 1; \
	fi
	if [ -L .tradewind/postgres ]; then \
		cluster="$$(readlink .tradewind/postgres)"; rm -rf "$$cluster" "$$cluster.link"; \
	fi
	rm -rf tradewind/operations/embedded/devchain/contracts/node_modules gateway/openapi/page/node_modules
	rm -rf web/node_modules web/dist
	rm -rf .venv .tools .local-model .tradewind .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: ## Set up everything the others need (they do it themselves)
	@scripts/setup

lock: setup ## Resolve dependencies again and write requirements.lock
	$(BIN)/uv lock $(ARGS)
	$(BIN)/uv export --frozen --quiet --no-emit-project --all-groups --no-header \
		--format requirements-txt --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.12 --universal \
		--no-annotate --no-header deploy/tools.in --output-file deploy/tools.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-deps --python-version 3.12 --universal \
		--no-annotate --no-header deploy/local-model.in --output-file deploy/local-model.lock
