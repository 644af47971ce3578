#!/usr/bin/env bash
# Builds the deployment packages into .aws-sam/build: the same source makes the same programs, in whatever folder.
set -euo pipefail
cd "$(dirname "$0")/.."
export ARCHITECTURE="${ARCHITECTURE:-arm64}"

# shellcheck source=infra/rustflags.sh
. infra/rustflags.sh
sam build --parameter-overrides "Architecture=$ARCHITECTURE"
# Both run turns. A package without the file has no tools.
if [ -f tools.toml ]; then
  for function in MessageFunction SweepFunction; do cp tools.toml ".aws-sam/build/$function"; done
fi
python infra/packages.py .aws-sam/build "$ARCHITECTURE"
