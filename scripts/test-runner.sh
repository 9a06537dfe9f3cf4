#!/usr/bin/env bash
# Starts a test program for `cargo test`; the end-to-end tests run one at a time, as each starts a
# chain.
[ "${CARGO_PKG_NAME:-}" = clearproof-tests ] && set -- "$@" --test-threads=1
exec "$@"
