# shellcheck shell=bash
# To be sourced: `program NAME ARGUMENTS…` runs a program of this workspace. PROGRAMS names a folder with what was built before;
# without it, cargo builds the program.

program() {
  local name="$1"
  shift
  if [ -n "${PROGRAMS:-}" ]; then
    "$PROGRAMS/$name" "$@"
  else
    cargo run --quiet --package "$name" -- "$@"
  fi
}
