#!/usr/bin/env bash
# Builds the deployment packages into .aws-sam/build: the same source makes the same programs, in whatever folder.
set -euo pipefail
cd "$(dirname "$0")/.."

# The folders of this machine would otherwise stand in the programs, where a panic says in which file it began.
compiler="$(rustc --verbose --version | sed -n 's/^commit-hash: //p')"
flags="--remap-path-prefix=$PWD=/natter --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
flags="$flags --remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$compiler"
# These join those of cargo-lambda, which name the processor; RUSTFLAGS would take their place.
unset RUSTFLAGS
export CARGO_BUILD_RUSTFLAGS="$flags"

sam build --parameter-overrides "Architecture=${ARCHITECTURE:-arm64}"
python infra/packages.py .aws-sam/build
