#!/usr/bin/env bash
# Deploys Natter into an emulator of AWS as a person deploys it to AWS, holds conversations there and deletes it again, with parameters
# in every pair; with ALL=1, in most triples. The functions' programs are those of target/debug. Everything is on loopback.
set -euo pipefail
cd "$(dirname "$0")/.."

# By its name in the environment, a proxy would be asked for what is on this machine.
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy AWS_PROFILE
.tools/emulator/bin/python -m unittest discover --start-directory tests/emulator --verbose "$@"
