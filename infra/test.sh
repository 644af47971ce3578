#!/usr/bin/env bash
# Runs every test. Each stage has a heading with the seconds since the start.
set -euo pipefail
cd "$(dirname "$0")/.."

stage() {
  printf '\n== %s  [%d s]\n' "$1" "$SECONDS"
}

stage "Tools"
make --no-print-directory .tools/nextest.installed .tools/valgrind.installed .tools/deny.installed .tools/sbom.installed .tools/deployment.installed .tools/browser.installed

stage "Format, lints and types (some minutes from scratch)"
make --no-print-directory check

stage "Dependencies: licences, sources, and one stack for TLS and HTTP"
# Not the advisories: a fault that is found elsewhere must not fail what nobody changed here. CI asks for them daily.
cargo deny --log-level warn check bans licenses sources

stage "Bills of materials"
make --no-print-directory sbom
python infra/check_sbom.py target/sbom

stage "Build of the web page, the functions and the local stack (some minutes from scratch)"
make --no-print-directory clients/web/dist programs

stage "What is published of the wire"
# With the features that the whole workspace has, here and below: a package alone would have its dependencies built once more.
cargo clippy --workspace --features natter/schema --all-targets -- --deny warnings
cargo nextest run --workspace --features natter/schema --test published_schema
make --no-print-directory tests/asyncapi/node_modules
npm test --silent --prefix tests/asyncapi

faults='binary(crash_points) | binary(soak)'

stage "Rust tests"
cargo nextest run --workspace --filterset "not ($faults | binary(conformance))"

stage "Every fact about the platforms, in the local stack"
# In one process, which counts them. What the functions log there is worth reading only when a fact does not hold.
cargo test --quiet --workspace --test conformance > target/facts.log 2>&1 || {
  cat target/facts.log
  exit 1
}
sed -n '/^conformance: /p; /^The report is /p' target/facts.log

stage "A kill at every call of a turn, and a soak in random faults"
# They log all that goes wrong on purpose: worth reading only when a promise is broken. Their counts are worth it always.
cargo nextest run --workspace --filterset "$faults" --success-output final > target/faults.log 2>&1 || {
  cat target/faults.log
  exit 1
}
sed -n -E 's/^ *((soak|crash points): .*)/\1/p; / PASS | Summary /p' target/faults.log | awk '!seen[$0]++'

stage "The AI SDK's own WebSocketChatTransport against the local stack"
make --no-print-directory tests/stock_transport/node_modules
npm test --silent --prefix tests/stock_transport

stage "The models' adapters against servers that somebody else has written"
make --no-print-directory tests/model_servers/node_modules
npm test --silent --prefix tests/model_servers

stage "The client package on Node and in Chromium, against the local stack"
make --no-print-directory clients/typescript/dist
npm test --silent --prefix clients/typescript

stage "The web page in Chromium, against the local stack"
make --no-print-directory tests/page/node_modules
npm test --silent --prefix tests/page

stage "Deployment: commands, template and packages"
infra/check_commands.sh
infra/check_deployment.sh
make --no-print-directory test-emulator

stage "All passed"
