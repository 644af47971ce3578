#!/usr/bin/env bash
# Runs all checks and tests. A failed stage does not end the run. At the end it prints the result and duration of each stage.
set -uo pipefail
cd "$(dirname "$0")/../.."

# The same features for every cargo command here: with others, every dependency would be built again. These are for the
# tests; `make dev` and the packages use the programs' own.
workspace=(--workspace --features natter/schema)

tools() {
  make --no-print-directory .tools/{nextest,valgrind,faketime,deny,sbom,lint,deployment,emulator,browser}.installed
}

packages() {
  make --no-print-directory {clients/typescript,clients/web,tests/page,tests/asyncapi,tests/stock_transport,tests/assistant_ui,tests/model_servers,infra/tools}/node_modules
  make --no-print-directory clients/web/dist clients/typescript/dist
}

check() {
  make --no-print-directory check
}

dependencies() {
  # Not the advisories: a new one must not fail an unchanged commit. CI checks them daily.
  cargo deny --log-level warn check bans licenses sources
  make --no-print-directory sbom
  python infra/development/check_sbom.py target/sbom
}

# In the background from the beginning: until the tools and packages have arrived, the processors have nothing else to do.
start_build() {
  mkdir -p target
  rm -f target/build.status
  (
    cargo build "${workspace[@]}" --bins --examples --tests > target/build.log 2>&1
    echo $? > target/build.status
  ) &
}

build() {
  until [ -s target/build.status ]; do sleep 0.2; done
  grep -v Compiling target/build.log || true
  [ "$(cat target/build.status)" = 0 ]
}

faults='binary(crash_points) | binary(soak)'

rust() {
  cargo nextest run "${workspace[@]}" --no-fail-fast --filterset "not ($faults | binary(conformance))"
}

facts() {
  # In one process, which counts them. The functions' log is shown only if a fact does not hold.
  cargo test --quiet "${workspace[@]}" --test conformance > target/facts.log 2>&1 || {
    cat target/facts.log
    return 1
  }
  sed -n '/^conformance: /p; /^The report is /p' target/facts.log
}

faults() {
  # The log of injected faults is shown only if a test fails, the counts always.
  cargo nextest run "${workspace[@]}" --no-fail-fast --filterset "$faults" --success-output final > target/faults.log 2>&1 || {
    cat target/faults.log
    return 1
  }
  sed -n -E 's/^ *((soak|crash points): .*)/\1/p; / PASS | Summary /p' target/faults.log | awk '!seen[$0]++'
}

emulator() {
  infra/development/test_emulator.sh
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

# Notes the result of a stage: its name, status and duration.
note() {
  names+=("$1")
  results+=("$([ "$2" = 0 ] && echo passed || echo FAILED)")
  seconds+=("$3")
}

# Runs a stage: its name, and its command.
stage() {
  local name="$1" began="$SECONDS"
  shift
  printf '\n== %s  [%d s]\n' "$name" "$SECONDS"
  # Not as a condition, in which bash ignores `set -e`.
  (
    set -euo pipefail
    "$@"
  )
  note "$name" $? $((SECONDS - began))
}

# Starts a stage beside those that follow, with what they leave of the processors. There is one at a time.
start_beside() {
  beside="$1" beside_began="$SECONDS"
  shift
  (
    set -euo pipefail
    renice 10 "$BASHPID" > /dev/null
    trap 'echo "$SECONDS" > target/beside.end' EXIT
    "$@"
  ) > target/beside.log 2>&1 &
  beside_process=$!
}

# Waits for it.
finish_beside() {
  local status=0
  wait "$beside_process" || status=$?
  printf '\n== %s  [since %d s]\n' "$beside" "$beside_began"
  cat target/beside.log
  note "$beside" "$status" $(($(cat target/beside.end) - beside_began))
}

start_build
stage "Tools" tools
export PATH="$PWD/.tools/venv/bin:$PATH"
stage "npm packages, the web page and the client package" packages
stage "Build of the functions, the local stack and the tests" build
stage "Format, lints, types and documents" check
stage "Dependencies: licences, sources, duplicates; bills of materials" dependencies
start_beside "Deployment: commands, template and packages" deployment
stage "Rust tests" rust
stage "Facts about the platforms, in the local stack" facts
stage "Crash points, and a soak test with random faults" faults
finish_beside
start_beside "Deployments in an emulator of AWS, with every pair of parameters" emulator
stage "The AsyncAPI document" suite tests/asyncapi
stage "The AI SDK's WebSocketChatTransport, against the local stack" suite tests/stock_transport
stage "assistant-ui over that transport, in Chromium" suite tests/assistant_ui
stage "The models' adapters, against an independent mock server" suite tests/model_servers
stage "Tools of MCP servers that other teams have written, against the local stack" suite tests/mcp_servers
stage "The client package on Node and in Chromium, against the local stack" suite clients/typescript
stage "The web page in Chromium, against the local stack" suite tests/page
finish_beside
stage "Functions that are rebuilt while they run" watch

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
