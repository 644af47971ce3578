#!/usr/bin/env bash
# Runs the functions under `cargo lambda watch`, which builds them anew when their source changes, behind the local gateway and database.
set -euo pipefail
cd "$(dirname "$0")/../.."

invoke_port="${INVOKE_PORT:-9000}"
environment="$DATA_DIR/functions.env"
if [ -f tools.toml ]; then export TOOLS_FILE="${TOOLS_FILE:-$PWD/tools.toml}"; fi
if [ -d agents ]; then export AGENTS_DIRECTORY="${AGENTS_DIRECTORY:-$PWD/agents}"; fi
mkdir -p "$DATA_DIR"
rm -f "$environment"

target/debug/natter-local --template template.yaml --site clients/web/dist --port "$PORT" --data "$DATA_DIR" \
  --invoke "http://127.0.0.1:$invoke_port" --environment-file "$environment" &
gateway=$!
trap 'kill "$gateway" 2> /dev/null || true' EXIT

until [ -s "$environment" ]; do
  kill -0 "$gateway" 2> /dev/null || exit 1
  sleep 0.1
done

# One by default, and a turn keeps its function for as long as it streams.
cargo lambda watch --invoke-address 127.0.0.1 --invoke-port "$invoke_port" --concurrency 8 --env-file "$environment"
