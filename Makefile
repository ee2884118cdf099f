# The two commands: `make book` and `make test`. `make help` lists the rest.
# Needs GNU make 3.81 or later, a POSIX shell, and Python 3.11 to 3.13.

VENV ?= .venv
JOBS ?= 2
BACKEND ?= jax

ifeq ($(CONDA_DEFAULT_ENV),seqlearn)
# `conda activate seqlearn` was done (environment.yml): its programs are on the PATH.
BIN ?=
else
BIN ?= $(VENV)/bin/
endif

# The first Python that will do: the environment's own, or one from the PATH.
PYTHON ?= $(shell for p in "$(VENV)/bin/python" python3 python3.12 python3.11 python3.13 python; \
	do "$$p" tools/suitable_python.py >/dev/null 2>&1 && { echo "$$p"; break; }; done)

# Notebooks run in their own folder, so a relative data folder is made absolute here.
ifneq ($(SEQLEARN_DATA),)
override SEQLEARN_DATA := $(shell cd "$(SEQLEARN_DATA)" 2>/dev/null && pwd || echo "$(SEQLEARN_DATA)")
export SEQLEARN_DATA
endif

# The environment's own notebook kernel, whatever kernels the user has installed.
export JUPYTER_PREFER_ENV_PATH = 1

# The cells in NumPy multiply small matrices: a second thread gains nothing there, and on a
# busy machine the first one waits for it.
export OPENBLAS_NUM_THREADS ?= 1

SITE = _build/html
SOURCES = _config.yml $(shell find book -type f ! -path '*/.*' ! -path '*/__pycache__/*')
PYTEST = "$(BIN)python" -m pytest
# In the order of tests/nbval_tolerance.py, the longest notebooks first.
NOTEBOOK_TESTS = -n $(JOBS) --dist loadscope --no-loadscope-reorder --nbval

.DEFAULT_GOAL := help
.PHONY: book test quick execute experiments fresh backend lint clean constraints environment help

book: $(SITE)/.built ## build the site from the stored outputs, strictly
	@echo "The book is ready: open $(CURDIR)/$(SITE)/index.html"

# When anything changed, every page is built: a page left alone would keep the old
# titles in its sidebar. And a build that failed leaves nothing behind, because the
# next one would skip the pages it had read, and their warnings with them.
$(SITE)/.built: $(SOURCES) $(wildcard $(VENV)/seqlearn-ready) | environment
	@echo "Building the book; warnings are errors."
	@rm -rf _build/html _build/.doctrees
	@"$(BIN)jupyter-book" build book -W -n --keep-going -q >/dev/null || { rm -rf _build/.doctrees; \
		echo "seqlearn: the book was not built; mend what is said above, then make book." >&2; \
		exit 1; }
	@touch $@

test: environment ## run the unit tests, then every notebook, its numbers compared
	@$(PYTEST) $(NOTEBOOK_TESTS) $(ARGS)

quick: environment ## the inner loop: embedded data, no browser; 3 minutes at most
	@SEQLEARN_SOURCE=embedded $(PYTEST) $(NOTEBOOK_TESTS) -m "not browser" $(ARGS)

execute: environment ## run and store all notebooks, or NOTEBOOK=book/07_mnist_rows.ipynb
	@"$(BIN)python" tools/execute.py $(NOTEBOOK)

experiments: environment ## repeat the recorded experiments, or NAME=mnist_rows; hours
	@"$(BIN)python" tools/record.py $(NAME)

# Hours for the whole book; the counts are kept in book/fresh_seeds.json.
fresh: environment ## count the claims that hold on ten fresh seeds; NOTEBOOK=book/02_rnn_limits.ipynb
	@"$(BIN)python" tools/fresh_seeds.py $(NOTEBOOK)

# Keras can compute with others than TensorFlow, and the cells must equal it there too; the
# diagnostics differentiate through each of them.
backend: environment ## check the cells with Keras on JAX, or BACKEND=torch; installs it
	@"$(BIN)python" -m pip install -q -c constraints.txt -e ".[$(BACKEND)]"
	@KERAS_BACKEND=$(BACKEND) $(PYTEST) tests/test_cells_keras.py seqlearn/cells \
		tests/test_diagnostics.py seqlearn/diagnostics/g*.py seqlearn/diagnostics/horizon.py $(ARGS)

lint: environment ## check style and format, notebooks included
	@"$(BIN)python" -m ruff check .
	@"$(BIN)python" -m ruff format --check .

clean: ## remove the site and the caches; the environment stays
	@rm -rf _build build seqlearn.egg-info .pytest_cache .ruff_cache .hypothesis
	@find . -path './$(VENV)' -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-type d -print | while IFS= read -r folder; do rm -rf "$$folder"; done

constraints: environment ## pin the versions that pip would choose today
	@"$(BIN)python" tools/constraints.py

environment:
ifeq ($(BIN),$(VENV)/bin/)
	@python='$(PYTHON)'; \
	for p in python3 python; do \
		test -n "$$python" || ! command -v $$p >/dev/null 2>&1 || python=$$p; \
	done; \
	test -n "$$python" || { echo "seqlearn: no Python found: install Python 3.11, 3.12 or 3.13" \
		"(on Debian or Ubuntu: apt install python3 python3-venv)." >&2; exit 1; }; \
	"$$python" tools/suitable_python.py && \
	"$$python" tools/environment.py "$(VENV)" $(if $(filter file,$(origin PYTHON)),,--rebuild)
else
	@"$(BIN)python" tools/suitable_python.py && "$(BIN)python" tools/environment.py --check
endif

help: ## show this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | \
		awk -F '|' '{ printf "%-14s %s\n", $$1, $$2 }'
	@echo "Settings: PYTHON=python3.12  VENV=.venv  JOBS=2  SEQLEARN_DATA=FOLDER"
