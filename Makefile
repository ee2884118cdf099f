# `make book`, `make test`: the targets of run.py, for those who have make. `make help` lists them.
# Settings such as JOBS=4 reach run.py through the environment, as make itself passes them on.

TARGETS = book test quick portable execute experiments fresh backend lab lint clean constraints \
	environment help

.DEFAULT_GOAL := help
.PHONY: $(TARGETS)

# WSL names the computer in a variable NAME, so this one counts only when it is given to make.
$(TARGETS):
	@for python in "$$PYTHON" python3 python; do \
		command -v "$$python" >/dev/null 2>&1 && \
			exec "$$python" run.py $@ $(if $(filter command,$(origin NAME)),"NAME=$(NAME)"); \
	done; \
	echo "seqlearn: no Python found: install Python 3.11, 3.12 or 3.13" \
		"(on Debian or Ubuntu: apt install python3 python3-venv)." >&2; exit 1
