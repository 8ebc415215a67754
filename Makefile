# `make demo` and `make test` do all the set-up they need; `make help` lists everything.
.DEFAULT_GOAL := help
# Reference data that may lie beside the checkout.
SHARED := $(or $(MVMHAT_SHARED),../shared)
.PHONY: help setup build demo test lint bench

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## System packages and libtorch (once; does nothing when both are there)
	@scripts/system-packages.sh
	@scripts/libtorch.sh

build: setup ## The mvmhat binary: target/release/mvmhat
	cargo build --release --locked

demo: setup ## Tracks a real four-camera clip and says what to look at
	@scripts/demo.sh

test: setup ## Every test
	@scripts/footage.sh >/dev/null || echo "the tests on the real clip will be skipped"
	cargo test --release --locked --workspace

lint: setup ## Formatting, lints and words; warnings are errors
	scripts/lint-words.py
	cargo fmt --all --check
	cargo fmt --manifest-path association/peers/Cargo.toml --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

bench: setup ## Every benchmark; figures are ratios to peers measured in the same run
	cargo bench --locked --workspace
	RUST_LIB_BACKTRACE=0 cargo run --release --locked --manifest-path association/peers/Cargo.toml --target-dir target/peers
	@if [ -d "$(SHARED)/weights" ]; then \
		scripts/bench-inference.py "$(SHARED)/weights" && scripts/bench-evaluation.py "$(SHARED)/mvmhat" && \
		scripts/bench-word2vec.py "$(SHARED)/learn"; \
	else \
		echo "skipped: ONNX Runtime, TrackEval, motrics and gensim side by side need reference data in $(SHARED)"; \
	fi
