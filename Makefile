# Everyday commands; `make` lists them. Where things are built, and with what, is in scripts/env.sh.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-crate fuzz network network-test bench cuda gpu-check lint \
	weights dev-keys chain-specs

ENV := . scripts/env.sh;
# All members are named whatever is built: features are then the same everywhere and nothing is
# built twice.
BUILD := cargo build --release --workspace

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 16

setup: ## bring the machine to where the workspace builds (the other commands do it themselves)
	@scripts/setup.sh

build: setup ## the whole workspace, release
	@$(ENV) step "build: workspace"; $(BUILD)

demo: setup ## a chain, an operator and traders on this machine; ARGS go to the demonstration
	@$(ENV) step "build: workspace"; $(BUILD)
	@$(ENV) step "demo"; exec "$$CLEARPROOF_PROVER" demo $(ARGS)

test: setup ## all tests; ARGS go to the test runner
	@scripts/test.sh $(ARGS)

test-crate: setup ## one crate's tests: make test-crate CRATE=clearproof-engine; ARGS go to them
	@$(ENV) cargo test-crate $(CRATE) $(ARGS)

fuzz: setup ## search for inputs that a decoder does not survive: make fuzz TARGET=batch; none lists them
	@scripts/fuzz.sh $(TARGET) $(ARGS)

network: setup ## four validators, a full node, an operator and prices on this machine, until Ctrl-C; ARGS="two" for two
	@exec scripts/network.sh start $(ARGS)

network-test: setup ## faults of such networks: validators stop, pause, sign twice, nodes join; ARGS go to the test runner
	@scripts/network.sh test $(ARGS)

bench: setup ## every promised number beside its target; ARGS go to the prover's bench command
	@$(ENV) step "build: prover and verifier's timing"; $(BUILD) --bin clearproof-prover --example verify_time
	@$(ENV) step "bench: verification"; "$$CARGO_TARGET_DIR/release/examples/verify_time"
	@$(ENV) step "bench: circuits, soft confirmation, proving, backends and other provers"; exec "$$CLEARPROOF_PROVER" bench $(ARGS)

cuda: ## the prover's library for NVIDIA's GPUs, with an installed CUDA toolkit or a compiler fetched once
	@scripts/cuda.sh lib

gpu-check: ## a program that checks and times that library where there is a GPU, and needs nothing else there
	@scripts/cuda.sh check

lint: setup ## all that is checked without running the programs; ARGS="fmt width" for some of it
	@scripts/lint.sh $(ARGS)

weights: setup ## measure the pallets' calls and write pallets/*/src/weights.rs; ARGS="custody" for one
	@scripts/weights.sh $(ARGS)

dev-keys: setup ## write the development verifying keys to runtime/dev-keys
	@$(ENV) step "build: prover"; $(BUILD) --bin clearproof-prover
	@$(ENV) step "dev-keys"; exec "$$CLEARPROOF_PROVER" keys export-dev

chain-specs: setup ## write the chain specifications, and the template of a public one, to chain-spec/
	@scripts/chain-specs.sh
