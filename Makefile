# Two commands: `make run` and `make test`. Each sets up everything it needs in .venv of this clone.
.PHONY: run test faults conda lint bench docs lock pins clean
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

# A run in the conda environments, from a local channel that the tests make out of the package index.
conda: $(READY)
	$(BIN)/python -m pytest -m conda

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

# Needs conda and the public channels: the files that name every package of the environments with its checksum, which Snakemake then
# installs instead of solving. CUDA is named so that the build for GPUs is taken also where there is none.
pins:
	$(PYTHON) -m venv .venv/pins
	.venv/pins/bin/pip install --quiet snakedeploy==0.17.1
	CONDA_OVERRIDE_CUDA=12.9 .venv/pins/bin/snakedeploy pin-conda-envs --conda-frontend conda envs/*.yaml

# For sites that allow containers: `docker build .`, or apptainer by way of it.
Dockerfile: $(READY) envs/*.yaml workflow/rules/*.smk
	$(BIN)/snakemake --containerize > $@

$(READY): requirements.lock requirements-torch.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --requirement requirements-torch.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf results logs benchmarks store .snakemake
