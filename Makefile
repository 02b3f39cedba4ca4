# Two commands: `make run` and `make test`. Each sets up everything it needs in .venv of this clone.
.PHONY: run test faults lint bench docs lock clean
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
# The locked packages go in with their hashes; torch by version alone (its builds differ), unless it is there already.
READY := .venv/.ready

run: $(READY)
	$(BIN)/snakemake --quiet rules host
	@echo
	@echo "The report:  $(CURDIR)/results/report/index.html"
	@echo "The tables:  $(CURDIR)/results/{scores,gene_effects,genes,sites,ledger}.parquet, documented in docs/tables.md"

test: $(READY) lint
	$(BIN)/python -m pytest

# What goes wrong on a cluster, on a real one of three nodes that the tests start here (needs Slurm).
faults: $(READY)
	$(BIN)/python -m pytest -m faults

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

bench: $(READY)
	$(BIN)/python -m bench

docs: $(READY)
	$(BIN)/python -m pasvar docs

# Versions of everything, anew: requirements.in -> requirements.lock
lock:
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock requirements.in

$(READY): requirements.lock requirements-torch.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --requirement requirements-torch.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf results logs benchmarks store .snakemake
