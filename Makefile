# make help says what there is. Everything needed is installed first: Debian packages where that is allowed, the rest into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
DEBIAN := tesseract-ocr tesseract-ocr-jpn tesseract-ocr-jpn-vert tesseract-ocr-osd tesseract-ocr-eng poppler-utils fonts-ipaexfont-gothic python3-venv
TESTING := systemd chromium openssl samba smbclient samba-vfs-modules xfsprogs fonts-ipaexfont-mincho fonts-ipaexfont-gothic fonts-morisawa-bizud-mincho fonts-morisawa-bizud-gothic fonts-klee

.PHONY: help demo screenshots test test-slow test-full bench bench-search bundle check clean debian testing

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## */make \1\t/' | expand -t 16

demo: $(READY) ## file the sample scans in a site under var/demo and show what came of them
	@$(BIN)/python tests/demo.py

test: $(READY) testing ## the tests, but for the slow ones
	@$(BIN)/pytest -q -n auto --maxprocesses 4 --dist loadfile -m "not slow"

test-slow: $(READY) testing ## the slow tests alone
	@$(BIN)/pytest -q -n auto --maxprocesses 4 --dist loadfile -m slow

test-full: test test-slow ## all tests

bench: $(READY) ## how well and fast the line reads here, ocrmypdf and tesseract beside it; half an hour, or make bench PAGES=6 [ONLY=cost,line] [JSON=FILE]
	@$(BIN)/python tests/bench/bench.py $(if $(PAGES),--pages $(PAGES)) $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON))

bench-search: $(READY) ## search at 100,000 made-up pages: CPU ms by kind of query, bytes of index a page; some minutes, or make bench-search PAGES=20000
	@$(BIN)/python tests/bench/bench_search.py $(if $(PAGES),--pages $(PAGES))

screenshots: $(READY) ## every page of the web in Chromium: wide and narrow, light and dark, Japanese and English, into var/screenshots; after make demo
	@$(BIN)/python tests/web/screenshots.py

bundle: $(READY) ## dist/scanpipe-VERSION-offline: an installer for a server without Internet, tried with the network cut
	@$(BIN)/python tests/make_bundle.py

check: $(READY) ## style, types, architecture
	@$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict scanpipe
	$(BIN)/lint-imports --no-cache --no-logo

clean: ## remove what was built; .venv and var stay
	@rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find scanpipe tests -name __pycache__ -prune -exec rm -rf {} +

$(READY): pyproject.toml setup.py $(wildcard scanpipe/locale/*/LC_MESSAGES/*.po) | debian
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name it: make PYTHON=python3.12" >&2; exit 69; }
	echo "Preparing .venv (the first time this takes a few minutes) ..."
	$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install -qq --disable-pip-version-check --editable . --group dev
	touch $@

debian:
	@$(call install,$(DEBIAN))

testing: # judge the units, draw pages, look at the web pages, stamp times, scan over SMB, cut the power of XFS
	@$(call install,$(TESTING))

# Debian packages that are missing: installed where we may, else the command that installs them. $(1): their names.
define install
	command -v dpkg-query >/dev/null || { type tesseract pdftotext &>/dev/null || { echo "Install what these Debian packages hold: $(strip $(1))" >&2; exit 69; }; exit 0; }
	missing=$$(for name in $(1); do dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || echo -n "$$name "; done)
	[[ $$missing ]] || exit 0
	if [[ $$(id -u) = 0 ]]; then as=; elif sudo -n true 2>/dev/null; then as='sudo -n'; else
		echo "These Debian packages are missing. Install them, then run make again:" >&2
		echo "    sudo apt-get update && sudo apt-get install -y $$missing" >&2
		exit 69
	fi
	echo "Installing Debian packages: $$missing"
	$$as apt-get -qq update
	$$as env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null
endef
