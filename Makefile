# One command each. `make serve` and `make test` need Python 3.11 or newer, and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# A lock names all there is: without --no-deps, pip before 23.3 asks again for extras that the lock has resolved.
LOCKED := install --no-deps --require-hashes
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-header --quiet

.PHONY: serve test test-slow test-faults test-sdxl test-names-server test-browser test-scale test-ray check fmt bench bench-check soak simulate art docs lock clean

serve: $(VENV)/.runtime  ## Start the service with its defaults
	@exec $(BIN)/minimon serve

test: $(VENV)/.dev  ## Run the tests
	$(BIN)/python -m pytest -m "not slow" -n auto --dist worksteal --cov

test-slow: $(VENV)/.dev  ## Run the tests that take long
	$(BIN)/python -m pytest -m slow

test-faults: $(VENV)/.dev  ## Run the ledger's fault tests, in their long form too (needs strace)
	$(BIN)/python -m pytest -n auto --dist worksteal tests/faults

test-sdxl: $(VENV)/.sdxl  ## Run the tests of the picture engine; installs PyTorch for it
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal tests/images/sdxl

test-names-server: $(VENV)/.dev .venv-names/.ready  ## Test remote names against a real server (installs 1.2 GB)
	$(BIN)/python -m pytest tests/names/real

test-browser: $(VENV)/.browser  ## Test the page in a real browser (needs Chromium: apt-get install --no-install-recommends chromium)
	$(BIN)/python -m pytest -n auto --dist worksteal tests/browser

test-scale: $(VENV)/.dev  ## Test several replicas while things die (needs redis-server, nginx-light, postgresql)
	$(BIN)/python -m pytest tests/scale --ignore tests/scale/test_ray.py

test-ray: $(VENV)/.ray $(VENV)/.sdxl  ## Test a Ray cluster while it dies; installs Ray and PyTorch for it
	$(BIN)/python -m pytest tests/scale/test_ray.py

check: $(VENV)/.dev  ## Run the linters
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile deploy/gpu.Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml deploy/compose.yaml

fmt: $(VENV)/.dev  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev  ## Measure the HTTP routes (needs wrk and nginx)
	$(BIN)/python benchmarks/http.py --routes generate certify-score --nginx \
	    --output benchmarks/results/http.json --plot docs/performance.svg

soak: $(VENV)/.dev  ## Load the service at 80 % of its capacity for ten minutes
	$(BIN)/python benchmarks/http.py --soak 10 --output benchmarks/results/soak.json

bench-check: $(VENV)/.dev  ## Fail if a creature has become dear beside a plain FastAPI route
	$(BIN)/python benchmarks/check.py

simulate: $(VENV)/.bench  ## Simulate a pool of GPUs; print the table of docs/scale.md
	$(BIN)/python benchmarks/simulate.py

art: $(VENV)/.dev  ## Draw the pictures of minimon/ again
	$(BIN)/python -m minimon.images.drawn.gallery minimon docs/creatures.png docs/rarities.png

docs: $(VENV)/.dev  ## Make the tables of the documents and .env.example again
	$(BIN)/python docs/tables.py

lock: $(VENV)/.dev  ## Choose the versions in requirements/ anew
	$(PIP) install uv
	$(LOCK) pyproject.toml -o requirements/runtime.txt
	$(LOCK) pyproject.toml --extra metrics --extra postgres --extra redis -c requirements/runtime.txt -o requirements/replica.txt
	$(LOCK) --group build -o requirements/build.txt
	$(LOCK) pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(LOCK) --group browser -c requirements/dev.txt -o requirements/browser.txt

clean:  ## Remove what the other commands made; keys, ledger and .env stay
	rm -rf $(VENV) build dist .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) $(LOCKED) -r requirements/runtime.txt
	$(PIP) $(LOCKED) -r requirements/build.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) install --no-build-isolation -e '.[bench]'
	@touch $@

.venv-names/.ready: tests/names/real/requirements.txt
	$(PYTHON) -m venv .venv-names
	.venv-names/bin/python -m pip --disable-pip-version-check --quiet install -r tests/names/real/requirements.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(PIP) $(LOCKED) -r requirements/dev.txt
	@touch $@

$(VENV)/.browser: requirements/browser.txt $(VENV)/.dev
	$(PIP) $(LOCKED) -r requirements/browser.txt
	@touch $@

$(VENV)/.ray: ci/constraints-ray.txt ci/constraints-cpu.txt $(VENV)/.dev
	$(PIP) install --no-build-isolation -c ci/constraints-ray.txt -c ci/constraints-cpu.txt -e '.[ray]'
	@touch $@

# PyTorch first and alone: the build without CUDA, where one is at hand, must not be outbid by a newer one with it.
$(VENV)/.sdxl: ci/constraints-cpu.txt $(VENV)/.dev
	$(PIP) install torch -c ci/constraints-cpu.txt
	$(PIP) install --no-build-isolation -c ci/constraints-cpu.txt -e '.[sdxl]'
	@touch $@
