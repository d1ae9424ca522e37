# Needs Python 3.13 and make; all else is installed under .local/ (remove it with `make clean`).
ENV ?= dev
N ?= 100
DEV_PYTHON := .local/dev/bin/python
SAM := .local/sam/bin/sam

# On this file system, so that uv links the packages into the environments instead of copying.
export UV_CACHE_DIR ?= $(CURDIR)/.local/cache/uv
export SAM_CLI_TELEMETRY := 0
unexport VIRTUAL_ENV
# Container images set it, and then each process compiles its libraries again.
unexport PYTHONDONTWRITEBYTECODE

# Several names: a pyenv shim works only for the versions that the folder's .python-version allows.
find_python = $(shell for name in python3.13 python3 python /usr/bin/python3.13 \
	/usr/local/bin/python3.13 /opt/homebrew/bin/python3.13; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null \
	&& echo "$$name" && break; done)
# Looked for only by a target that installs something, and once.
BOOTSTRAP = $(eval BOOTSTRAP := $(or $(find_python),$(error Python 3.13 was not found; install \
	it (python.org, pyenv, or your system's packages with python3.13-venv) and try again)) \
	-m local.bootstrap)$(BOOTSTRAP)

# Four to eight workers; the tests of one group share a worker (tests/conftest.py).
WORKERS := --numprocesses=auto --dist=loadgroup
COVERAGE = --cov
# The deployed stack first: its tests wait in one worker, while the others keep the processors busy.
TESTS = $(wildcard tests/integration tests/e2e tests/properties tests/unit tests/simulator local/stripe_simulator/tests)
TEMPLATES = template.yaml $(sort $(shell find examples -name template.yaml -not -path '*/.aws-sam/*' 2>/dev/null))

# For programs that import the layer's package.
WITH_LAYER = PYTHONPATH="$(CURDIR)/layers/common"
# The options of a checkout, by environment: errors name file and line.
CHECK_OPTIONS = $(WITH_LAYER) $(DEV_PYTHON) -m ops.option_files

.PHONY: help demo dev test test-all lint checkov types chromium tour format lock build deploy connect doctor \
	rotate orders replay reconcile ops-environment check-options refuse-local chaos logs example schema api-types \
	rename mutants bench simulator-contract clean
help:
	@echo "make demo               one whole purchase on a local cloud"
	@echo "make dev                the local cloud, kept running (AWS_PORT=, STRIPE_PORT=, STOREFRONT_PORT=)"
	@echo "make test               everything that CI runs: lint, types, tests, a sample of each kind"
	@echo "make test-all           the same with the full samples, then checkov, chaos, mutants"
	@echo "make lint types format  parts of it"
	@echo "make chromium           install the browser of the tests, where apt-get is there"
	@echo "make tour               buy something in Chromium, and update the pictures in docs/images"
	@echo "make checkov            check the template with checkov"
	@echo "make build              build for the cloud, without deploying"
	@echo "make lock               update uv.lock, and what is exported from it"
	@echo "make deploy ENV=dev     build and deploy to AWS"
	@echo "make connect ENV=dev    register the stack's webhook with Stripe, and store key and secret"
	@echo "make doctor ENV=dev     check a deployed stack, and say what to do"
	@echo "make rotate ENV=dev WHAT=webhook-secret  roll a secret (or WHAT=api-key)"
	@echo "make replay ENV=dev     send dead-lettered events and changes again"
	@echo "make reconcile ENV=dev  compare the pending orders with Stripe now, and repair"
	@echo "make orders ENV=dev DO=\"find cart-77\"  find, compare and repair orders (ops/checkout --help)"
	@echo "make chaos N=300        purchases of all kinds, with failures of Stripe and of webhooks (SEED=...)"
	@echo "make logs               what the functions of a running make dev logged (ENV=dev: in AWS)"
	@echo "make example            the example fulfilment service, beside a running make dev"
	@echo "make schema             update the JSON Schema of the messages"
	@echo "make api-types          update the TypeScript types of openapi.yaml"
	@echo "make rename NAME=...    rename a copy of this project and its stacks"
	@echo "make simulator-contract the simulator's contract tests against Stripe (STRIPE_API_KEY=sk_test_...)"
	@echo "make mutants            change the order's code in small ways, and check that a test fails"
	@echo "make mutants ONLY=\"'checkout.recorder*'\"  the same for a module of pyproject.toml's list"
	@echo "make bench              starts, warm calls, memory and cost of the functions (ROUNDS=15)"
	@echo "make clean              remove everything that these commands created"

demo:
	@$(BOOTSTRAP) dev sam ministack
	@$(WITH_LAYER) exec $(DEV_PYTHON) -m local.commands.demo

dev:
	@$(BOOTSTRAP) dev sam ministack
	@$(CHECK_OPTIONS)
	@$(WITH_LAYER) exec $(DEV_PYTHON) -m local.commands.dev

test: lint types chromium
	@$(BOOTSTRAP) dev sam ministack schemathesis
	$(DEV_PYTHON) -m pytest $(TESTS) $(WORKERS) $(COVERAGE) --durations=10

test-all:
	SAMPLES=all COVERAGE_CORE=ctrace $(MAKE) test COVERAGE="--cov --cov-branch"
	$(MAKE) checkov
	$(MAKE) chaos N=300
	$(MAKE) mutants

lint:
	@$(BOOTSTRAP) dev
	$(DEV_PYTHON) -m ruff check
	$(DEV_PYTHON) -m ruff format --check
	.local/dev/bin/codespell
	.local/dev/bin/cfn-lint --config-file .cfn-lint.yaml -- $(TEMPLATES)
	.local/dev/bin/openapi-spec-validator --validation-errors all openapi.yaml
	.local/dev/bin/zizmor --offline --persona pedantic --quiet --no-progress .github
	@$(CHECK_OPTIONS)

# Not a part of lint: 70 packages and 190 MB that nothing else needs.
CHECKED := .local/checked
checkov:
	@$(BOOTSTRAP) sam checkov
	rm -rf $(CHECKED) && mkdir -p $(CHECKED)
	for template in $(TEMPLATES); do .local/sam/bin/python -m local.cloud.transformed_template \
		"$$template" > "$(CHECKED)/$$(echo "$$template" | tr / -).json" || exit 1; done
	.local/checkov/bin/checkov --config-file .checkov.yaml --directory $(CHECKED)

types:
	@$(BOOTSTRAP) dev
	$(DEV_PYTHON) -m mypy
	$(DEV_PYTHON) -m local.contract.javascript

# The browser of tests/e2e, from Debian's packages where it is missing.
chromium:
	@$(BOOTSTRAP) dev
	@$(DEV_PYTHON) -m local.machine.browser

tour: chromium
	@$(BOOTSTRAP) sam ministack
	$(WITH_LAYER) $(DEV_PYTHON) -m local.commands.tour

format:
	@$(BOOTSTRAP) dev
	$(DEV_PYTHON) -m ruff check --fix
	$(DEV_PYTHON) -m ruff format

lock:
	@$(BOOTSTRAP)
	.local/uv/bin/uv lock
	.local/uv/bin/uv export --quiet --frozen --only-group layer --no-emit-project --no-annotate \
		--no-header --output-file layers/common/requirements.txt
	.local/uv/bin/uv export --quiet --frozen --only-group fulfilment --no-emit-project \
		--no-annotate --no-header --output-file examples/fulfilment/src/requirements.txt
	.local/uv/bin/uv export --quiet --frozen --only-group uv --no-emit-project --no-annotate \
		--no-header --output-file local/uv-requirements.txt

# The layer's and the functions' Makefiles run in a copy of their folders: paths must be whole.
build:
	@$(BOOTSTRAP) sam dev
	UV="$(CURDIR)/.local/uv/bin/uv" PYTHON="$(CURDIR)/$(DEV_PYTHON)" \
		SAMCONFIG="$(CURDIR)/samconfig.toml" $(SAM) build

deploy: refuse-local check-options build
	$(SAM) deploy --config-env $(ENV) $(DEPLOY_OPTIONS)
	@echo "Next: make connect ENV=$(ENV), and then make doctor ENV=$(ENV)"

check-options:
	@$(BOOTSTRAP) dev
	@$(CHECK_OPTIONS)

refuse-local:
	@$(if $(filter local,$(ENV)),$(error The local environment is deployed by `make dev`))

# What `ops/checkout` runs on.
ops-environment:
	@$(BOOTSTRAP) dev

connect:
	@exec ops/checkout --env $(ENV) connect

doctor:
	@exec ops/checkout --env $(ENV) doctor

replay:
	@exec ops/checkout --env $(ENV) replay

reconcile:
	@exec ops/checkout --env $(ENV) reconcile

# WHAT is webhook-secret or api-key.
rotate:
	@exec ops/checkout --env $(ENV) rotate $(WHAT)

# make orders ENV=dev DO="find --session cs_..."
orders:
	@exec ops/checkout --env $(ENV) orders $(DO)

# Against Stripe itself, in a sandbox. `make test` runs the same tests against the simulator.
simulator-contract:
	@$(BOOTSTRAP) dev
	@STRIPE_CONTRACT_KEY="$$STRIPE_API_KEY" $(DEV_PYTHON) -m pytest local/stripe_simulator/tests/contract

chaos:
	@$(BOOTSTRAP) dev sam ministack
	@$(WITH_LAYER) exec $(DEV_PYTHON) -m local.commands.chaos --orders $(N) $(if $(SEED),--seed $(SEED))

# make logs ENV=prod DO="--level ERROR --since 2h"; without ENV, of the running make dev
logs:
	@exec ops/checkout --env $(if $(filter file,$(origin ENV)),local,$(ENV)) logs $(DO)

example:
	@$(BOOTSTRAP) dev sam ministack
	@$(WITH_LAYER) exec $(DEV_PYTHON) -m local.commands.example

api-types:
	@$(BOOTSTRAP) dev
	$(DEV_PYTHON) -m local.contract.api_types

schema:
	@$(BOOTSTRAP) dev
	$(WITH_LAYER) $(DEV_PYTHON) -m local.contract.message_schema > docs/order-message.schema.json

rename:
	@$(BOOTSTRAP) dev
	@exec $(DEV_PYTHON) -m local.commands.rename -- '$(NAME)'

MUTATED := .local/mutated
# Named in test-all: the modules that decide what an order is. ONLY= takes mutmut's patterns.
ONLY ?= 'checkout.aws.order*' 'checkout.domain.*'
mutants:
	@$(BOOTSTRAP) mutants
	rm -rf $(MUTATED) && mkdir -p $(MUTATED)
	cp -R layers/common/checkout ops functions local events tests template.yaml openapi.yaml \
		pyproject.toml $(MUTATED)
	cd $(MUTATED) && SAMPLES=few $(CURDIR)/.local/mutants/bin/mutmut run $(ONLY)
	cd $(MUTATED) && $(CURDIR)/.local/mutants/bin/mutmut results

# DO="--json", or DO="--only webhook"
ROUNDS ?= 15
bench:
	@$(BOOTSTRAP) dev sam
	@exec $(DEV_PYTHON) -m benchmarks --rounds $(ROUNDS) $(DO)

clean:
	rm -rf .local .aws-sam examples/*/.aws-sam .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage .coverage.*
	find . -name __pycache__ -prune -exec rm -rf {} +
