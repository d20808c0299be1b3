# `make run` opens the window, `make test` runs all tests. .ci/install first installs the packages
# that a target needs, and names them.
PROGRAM = $(or $(CARGO_TARGET_DIR),target)/release/wirelab

.PHONY: help run test check docs bench gallery screenshots check-ime windows

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

run: ## Open the window (ARGS="--listen 7788" are its arguments)
	@.ci/install run
	cargo run --release -- $(ARGS)

test: ## Run all tests, with and without the window (ARGS are those of cargo test)
	@.ci/install test
	@.ci/test $(ARGS)

check: ## Check the formatting and the lints
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --all-targets --no-default-features -- -D warnings

docs: ## Build the library's documentation
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

bench: ## Measure the speed (ARGS="search udp" selects benchmarks)
	@.ci/install bench
	@.ci/bench $(ARGS)

gallery: ## Take a picture of every state of the window, and contact sheets, in target/gallery (ARGS="server udp" selects)
	@.ci/install test
	@.ci/gallery target/gallery $(ARGS)

screenshots: ## Take the pictures in docs/ from the real window
	@.ci/install test
	cargo build --release
	.ci/with-display tests/screenshots.sh $(PROGRAM)

check-ime: ## Type Chinese into the window with fcitx5-pinyin
	@.ci/install ime
	cargo build --release
	tests/ime.sh $(PROGRAM) gui --connect 127.0.0.1:PORT

windows: ## Build for Windows, run all tests and the window in wine
	@.ci/windows
