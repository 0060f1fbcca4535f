# make demo: from a fresh clone to a ranked log. make test: the tests. Both set up what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test lint package lowest docs bench clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "featsel needs Python 3.11; name one: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	touch $@

demo: $(VENV)/installed
	@PATH="$(abspath $(BIN)):$$PATH" bash examples/demo.sh

test: $(VENV)/installed
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

package:
	PYTHON=$(PYTHON) .ci/package

lowest:
	PYTHON=$(PYTHON) .ci/lowest

docs: $(VENV)/installed
	$(BIN)/python docs/write_cli.py
	$(BIN)/python docs/write_readme.py
	$(BIN)/python docs/write_checks.py
	$(BIN)/python docs/write_schemas.py

bench: $(VENV)/installed
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/rank_quality.py planted --skip-outrank
	$(BIN)/python benchmarks/rank_speed.py --skip-outrank

clean:
	rm -rf $(VENV) demo-out .bench-venvs .pytest_cache .mypy_cache .ruff_cache .hypothesis
