PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test check style format eval clean
.DEFAULT_GOAL := help

help: ## List the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/run ## Start the bot on the bundled knowledge base
	$(BIN)/python -m qa_bot serve

test: $(VENV)/dev ## Run the whole test suite
	$(BIN)/python -m pytest

check: style test ## Format, lint, types, tests

style: $(VENV)/dev ## Format, lint, types
	$(BIN)/ruff format --check qa_bot tests bench
	$(BIN)/ruff check qa_bot tests bench
	$(BIN)/mypy

format: $(VENV)/dev ## Format the code
	$(BIN)/ruff format qa_bot tests bench
	$(BIN)/ruff check --fix qa_bot tests bench

eval: $(VENV)/run ## Measure with the judged questions
	$(BIN)/python -m qa_bot eval

clean: ## Remove what was built; the journal stays
	rm -rf $(VENV) var/cache

$(VENV)/run: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/dev: requirements.txt requirements-dev.txt $(VENV)/run
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
