# `make demo` and `make test` do all the set-up they need; `make help` lists everything.
.DEFAULT_GOAL := help
# Reference data that may lie beside the checkout.
SHARED := $(or $(MVMHAT_SHARED),../shared)
.PHONY: help setup build demo test lint docs bench

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## System packages and libtorch (once; does nothing when both are there)
	@scripts/system-packages.sh
	@scripts/libtorch.sh

build: setup ## Both binaries: target/release/mvmhat and target/release/papers
	cargo build --release --locked --workspace

demo: setup ## Track a real four-camera clip, score it, say what to look at
	@scripts/demo.sh

test: setup ## Every test, also those that need the clip or reference data where these are there
	@scripts/test.sh "$(SHARED)"

lint: setup ## Words, structure, documents, formatting, clippy; warnings are errors
	scripts/lint-words.py
	scripts/check-structure.py
	scripts/check-licences.py
	scripts/check-docs.py
	cargo fmt --all --check
	cargo fmt --manifest-path association/peers/Cargo.toml --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

docs: setup ## The configuration reference from the presets, and the API documentation: target/doc
	scripts/configuration-reference.py
	RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --workspace --no-deps

bench: setup ## Every benchmark; figures are ratios to peers measured in the same run
	cargo bench --locked --workspace
	RUST_LIB_BACKTRACE=0 cargo run --release --locked --manifest-path association/peers/Cargo.toml --target-dir target/peers
	@if [ -d "$(SHARED)/weights" ]; then \
		scripts/bench-inference.py "$(SHARED)/weights" && scripts/bench-evaluation.py "$(SHARED)/mvmhat" && \
		scripts/bench-word2vec.py "$(SHARED)/learn"; \
	else \
		echo "skipped: comparisons with ONNX Runtime, TrackEval, motrics and gensim need reference data in $(SHARED)"; \
	fi
