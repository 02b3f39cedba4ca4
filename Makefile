# Two commands: `make run` and `make test`. Each sets up everything it needs in .venv of this clone.
.PHONY: run test coverage faults conda differential fuzz interrupt mutation lint bench validate docs site package lock pins audit clean
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
# The locked packages go in with their hashes; torch by version alone (its builds differ), unless it is there already.
READY := .venv/.ready

run: $(READY)
	$(BIN)/snakemake

test: $(READY) lint
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What goes wrong on a cluster, on a real one of three nodes that the tests start here (needs Slurm).
faults: $(READY)
	$(BIN)/python -m pytest -m faults

# A run in the conda environments, from a local channel that the tests make out of the package index.
conda: $(READY)
	$(BIN)/python -m pytest -m conda

# The pipeline compared with an independent implementation of the documentation, on random genomes: make differential SECONDS=600 SEED=1
SECONDS ?= 60
SEED ?= 0
differential: $(READY)
	PYTHONPATH=tests $(BIN)/python -m differential --seconds $(SECONDS) --seed $(SEED)

# Damaged and hostile inputs for every reader, each in a process that may crash: make fuzz SECONDS=600 SEED=1
fuzz: $(READY)
	PYTHONPATH=tests $(BIN)/python -m fuzz --seconds $(SECONDS) --seed $(SEED)

# Small faults in the modules that numbers come from, and how many of them their tests catch: make mutation SAMPLE=300 SEED=1
SAMPLE ?=
mutation: $(READY)
	$(BIN)/pip install --quiet --no-deps --target .venv/mutmut mutmut==3.8.1 libcst==1.9.0 setproctitle==1.3.8
	PYTHONPATH="$(CURDIR)/.venv/mutmut:$(CURDIR)/tests" $(BIN)/python -m mutation --seed $(SEED) $(if $(SAMPLE),--sample $(SAMPLE))

# Which lines and branches of the library the tests reach. Takes longer than `make test` (docs/safety.md).
coverage: $(READY)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term

# Runs that are killed, that find the disk full or that meet others, and whether the same command then gives the same bytes (30 minutes).
interrupt: $(READY)
	PYTHONPATH=tests $(BIN)/python -m interrupt.writers --seed $(SEED)
	PYTHONPATH=tests $(BIN)/python -m interrupt --seed $(SEED)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(BIN)/snakemake --lint
	PYTHONPATH=workflow $(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/mypy workflow/scripts --disable-error-code name-defined # `snakemake` is put there by Snakemake

bench: $(READY)
	$(BIN)/python -m bench

# Predictions compared with laboratory measurements, from data in ../shared: docs/accuracy.md.
validate: $(READY)
	$(BIN)/python -m pasvar.validate

docs: $(READY)
	$(BIN)/python -m pasvar docs

# The documentation as pages, in site/.
ONLINE ?= true
site: $(READY)
	$(BIN)/pip install --quiet mkdocs-material==9.8.2
	NO_MKDOCS_2_WARNING=1 ONLINE=$(ONLINE) $(BIN)/mkdocs build --quiet --strict
	@echo "The pages: $(CURDIR)/site/index.html"

# The wheel and the source distribution, in dist/.
package: $(READY)
	$(BIN)/python -m build --no-isolation

# The newest versions of everything: requirements.in -> requirements.lock
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

# Known vulnerabilities of the locked packages (asks a public database), and licences that forbid what ours allows.
audit:
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install --quiet pip-audit==2.10.1 pip-licenses==5.5.5
	.venv/audit/bin/pip-licenses --python $(BIN)/python --partial-match --fail-on "AGPL;Affero;GNU General Public License v3"
	.venv/audit/bin/pip-audit --require-hashes --disable-pip --requirement requirements.lock

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
