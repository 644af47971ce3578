#!/usr/bin/env bash
# Builds the deployment packages into .aws-sam/build: the same source makes the same programs, in whatever folder.
set -euo pipefail
cd "$(dirname "$0")/.."

# The folders of this machine would otherwise stand in the programs, where a panic says in which file it began.
compiler="$(rustc --verbose --version | sed -n 's/^commit-hash: //p')"
RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$PWD=/natter --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
RUSTFLAGS="$RUSTFLAGS --remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$compiler"
export RUSTFLAGS

sam build --parameter-overrides "Architecture=${ARCHITECTURE:-arm64}"
python infra/packages.py .aws-sam/build
