#!/usr/bin/env bash
# Runs every test. Each stage has a heading with the seconds since the start.
set -euo pipefail
cd "$(dirname "$0")/.."

stage() {
  printf '\n== %s  [%d s]\n' "$1" "$SECONDS"
}

stage "Tools"
make --no-print-directory .tools/nextest.installed .tools/deployment.installed

stage "Format, lints and types (some minutes from scratch)"
make --no-print-directory check

stage "Build of the web page, the functions and the local stack (some minutes from scratch)"
make --no-print-directory clients/web/dist programs

stage "Rust tests"
cargo nextest run --workspace

stage "The AI SDK's own WebSocketChatTransport against the local stack"
make --no-print-directory tests/stock_transport/node_modules
npm test --silent --prefix tests/stock_transport

stage "Deployment: template and packages"
infra/check_deployment.sh

stage "All passed"
