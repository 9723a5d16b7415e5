# Two commands do everything: `make demo` shows the main job, `make test` runs every test. `make check` is style and structure.
# `make test-ceph` and `make test-azure` run the tests of shared caches on a real object store, which they start and end.
# `make bench` measures installing beside pip and uv, in about an hour, and draws docs/installing.svg; what it fetches stays in .bench.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-ceph test-azure check bench clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

demo: $(VENV)/.installed
	$(BIN)/python examples/demo.py

test: $(VENV)/.installed
	$(BIN)/python -m pytest -n 2 --dist worksteal
	$(BIN)/python -m tests.support.real_stores --or-leave-out azurite

test-ceph: $(VENV)/.installed
	$(BIN)/python -m tests.support.real_stores ceph

test-azure: $(VENV)/.installed
	$(BIN)/python -m tests.support.real_stores azurite

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks.installs --folder .bench --rounds 3 --output .bench/installs.md --results .bench/installs.json
	.bench/environment/bin/python benchmarks/chart.py .bench/installs.json docs/installing.svg

clean:
	rm -rf $(VENV)
