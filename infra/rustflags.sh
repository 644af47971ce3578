# shellcheck shell=bash
# To be sourced: has cargo build the same programs in whatever folder, for the processor that ARCHITECTURE names.

# Flags that may hold blanks, as the path of a folder does, are told apart by this character.
separator=$'\x1f'
# The folders of this machine would otherwise stand in the programs, where a panic says in which file it began.
compiler="$(rustc --verbose --version | sed -n 's/^commit-hash: //p')"
CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=$PWD=/natter"
CARGO_ENCODED_RUSTFLAGS+="${separator}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
CARGO_ENCODED_RUSTFLAGS+="${separator}--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$compiler"
# cargo-lambda names the oldest processor that Lambda has by a setting in whose place these flags come, so they say the same.
case "$ARCHITECTURE" in
  arm64) CARGO_ENCODED_RUSTFLAGS+="${separator}-Ctarget-cpu=neoverse-n1" ;;
  x86_64) CARGO_ENCODED_RUSTFLAGS+="${separator}-Ctarget-cpu=haswell" ;;
esac
export CARGO_ENCODED_RUSTFLAGS
