#!/usr/bin/env bash
# Runs every test: each stage, also after one that fails. At its end it prints the result and duration of each.
set -uo pipefail
cd "$(dirname "$0")/../.."

# One set of features for all that cargo builds here: with another, every dependency would be built once more. It is that of
# the tests; `make dev` and the packages have the programs' own.
workspace=(--workspace --features natter/schema)

tools() {
  make --no-print-directory .tools/{nextest,valgrind,faketime,deny,sbom,lint,deployment,browser}.installed
}

packages() {
  make --no-print-directory {clients/typescript,clients/web,tests/page,tests/asyncapi,tests/stock_transport,tests/model_servers,infra/tools}/node_modules
  make --no-print-directory clients/web/dist clients/typescript/dist
}

check() {
  make --no-print-directory check
}

dependencies() {
  # Not the advisories: a fault that is found elsewhere must not fail what nobody changed here. CI asks for them daily.
  cargo deny --log-level warn check bans licenses sources
  make --no-print-directory sbom
  python infra/development/check_sbom.py target/sbom
}

build() {
  cargo build "${workspace[@]}" --bins --examples --tests
}

faults='binary(crash_points) | binary(soak)'

rust() {
  cargo nextest run "${workspace[@]}" --no-fail-fast --filterset "not ($faults | binary(conformance))"
}

facts() {
  # In one process, which counts them. What the functions log there is worth reading only when a fact does not hold.
  cargo test --quiet "${workspace[@]}" --test conformance > target/facts.log 2>&1 || {
    cat target/facts.log
    return 1
  }
  sed -n '/^conformance: /p; /^The report is /p' target/facts.log
}

faults() {
  # They log all that goes wrong on purpose: worth reading only when a promise is broken. Their counts are worth it always.
  cargo nextest run "${workspace[@]}" --no-fail-fast --filterset "$faults" --success-output final > target/faults.log 2>&1 || {
    cat target/faults.log
    return 1
  }
  sed -n -E 's/^ *((soak|crash points): .*)/\1/p; / PASS | Summary /p' target/faults.log | awk '!seen[$0]++'
}

suite() {
  npm test --silent --prefix "$1"
}

watch() {
  npm run --silent --prefix tests/stock_transport test:watch
}

deployment() {
  infra/development/check_commands.sh
  infra/development/check_deployment.sh
}

names=() results=() seconds=()

# Runs a stage: its name, and its command.
stage() {
  local name="$1" began="$SECONDS" status
  shift
  printf '\n== %s  [%d s]\n' "$name" "$SECONDS"
  # Not as a condition, in which bash would go on behind a command that fails.
  (
    set -euo pipefail
    "$@"
  )
  status=$?
  names+=("$name")
  results+=("$([ "$status" = 0 ] && echo passed || echo FAILED)")
  seconds+=("$((SECONDS - began))")
}

stage "Tools" tools
export PATH="$PWD/.tools/venv/bin:$PATH"
stage "Packages of npm, the web page and the client package" packages
stage "Format, lints, types and documents" check
stage "Dependencies: licences, sources, one stack for TLS and HTTP; bills of materials" dependencies
stage "Build of the functions, the local stack and the tests" build
stage "Rust tests" rust
stage "Every fact about the platforms, in the local stack" facts
stage "A kill at every call of a turn, and a soak in random faults" faults
stage "The wire's published description" suite tests/asyncapi
stage "The AI SDK's own WebSocketChatTransport against the local stack" suite tests/stock_transport
stage "The models' adapters against servers that somebody else has written" suite tests/model_servers
stage "The client package on Node and in Chromium, against the local stack" suite clients/typescript
stage "The web page in Chromium, against the local stack" suite tests/page
stage "Functions that are built anew while they run" watch
stage "Deployment: commands, template and packages" deployment

printf '\n%-82s %6s  %s\n' Stage Time Result
passed=0
for number in "${!names[@]}"; do
  time="$((seconds[number] / 60)):$(printf '%02d' "$((seconds[number] % 60))")"
  printf '%-82s %6s  %s\n' "${names[number]}" "$time" "${results[number]}"
  [ "${results[number]}" = passed ] && passed=$((passed + 1))
done
failed=$((${#names[@]} - passed))
printf '%-82s %6s\n' "" "$((SECONDS / 60)):$(printf '%02d' "$((SECONDS % 60))")"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
