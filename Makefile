# make run    create the environment if need be and serve the app
# make test   everything the tests need, then all tests (Python, JavaScript, browser)
# make full   the long forms of some tests, which prove nothing that the short ones do not
# make quick  laws and units: about a minute on two cores
# make check  style, types, the API reference
# make docs   the API reference, into build/api

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export OMP_NUM_THREADS ?= 1
export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_OFFLINE := 1

# In the order of tests/conftest.py: the longest files first.
BY_FILE := --dist loadfile --no-loadscope-reorder

QUICK := house api coords attraction warp warp_given inversion resampling saliency saliency_sources samplers describe parity \
	contract_link adaptive_quadtree tasks where_to_edit

.PHONY: run test full quick check docs format browser
.DELETE_ON_ERROR:

run: .venv/run.stamp
	python app.py

test: .venv/dev.stamp node_modules/.stamp browser
	npm test --silent
	python -m pytest -n logical --maxprocesses 4 $(BY_FILE)

full: .venv/dev.stamp
	python -m pytest -n logical --maxprocesses 4 -m full

quick: .venv/dev.stamp
	python -m pytest -n 2 $(BY_FILE) $(QUICK:%=tests/test_%.py)

docs: .venv/dev.stamp
	python -m tests.reference build/api

check: .venv/dev.stamp node_modules/.stamp docs
	ruff check .
	ruff format --check .
	pyright
	npm run check --silent

format: .venv/dev.stamp
	ruff check --fix .
	ruff format .

browser:
	@sh tests/browser/install.sh

.venv/run.stamp: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

.venv/dev.stamp: requirements-dev.txt requirements-extras.txt requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	-$(BIN)/python -m pip install --quiet --no-deps -r requirements-extras.txt
	touch $@ .venv/run.stamp

node_modules/.stamp: package.json package-lock.json .venv/dev.stamp
	npm ci --silent --no-audit --no-fund
	touch $@
