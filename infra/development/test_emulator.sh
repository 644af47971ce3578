#!/usr/bin/env bash
# Deploys Natter into an emulator of AWS as a user deploys it to AWS, holds conversations there and deletes it again, with parameters
# in every pair; with ALL=1, in most triples. The functions' programs are those of target/debug. Everything is on loopback.
# Arguments are handed on to Python's unittest: infra/development/test_emulator.sh -k test_page
set -euo pipefail
cd "$(dirname "$0")/../.."

# By its name in the environment, a proxy would be asked for what is on this machine.
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy AWS_PROFILE

run() {
  PYTHONPATH=infra .tools/emulator/bin/python -m unittest discover --start-directory tests/emulator --verbose "$@"
}

if [ $# -gt 0 ]; then
  run "$@"
  exit
fi

# Two emulators: one hands requests to functions one after another, and every deployment waits for it.
log=target/emulator.log
run -k test_commands -k test_page > "$log" 2>&1 &
commands=$!
# So that nothing goes on when this is interrupted.
trap 'kill "$commands" 2> /dev/null || true' EXIT
failed=0
run -k test_deployments || failed=1
wait "$commands" || failed=1
cat "$log"
exit "$failed"
