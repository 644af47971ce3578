#!/usr/bin/env bash
# Deploys the two APIs of infra/probe to AWS and examines them there and in the local stack; `infra/probe.sh destroy` deletes them.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=infra/aws_session.sh
. infra/aws_session.sh

if [ "${1:-}" = destroy ]; then
  echo "Deleting natter-probe and natter-probe-strict from $account."
  sam delete --no-prompts --stack-name natter-probe
  sam delete --no-prompts --stack-name natter-probe-strict
  exit
fi

# deploy NAME TEMPLATE: prints the address of the socket.
deploy() {
  local packages=".aws-sam/$1"
  {
    sam build --template "infra/probe/$2" --build-dir "$packages" --parameter-overrides "Architecture=$ARCHITECTURE"
    sam deploy --template "$packages/template.yaml" --stack-name "$1" --resolve-s3 --capabilities CAPABILITY_IAM \
      --no-confirm-changeset --no-fail-on-empty-changeset --parameter-overrides "Architecture=$ARCHITECTURE"
  } >&2
  python infra/stack.py "$1" output WebSocketUrl
}

echo "Deploying the probe to $account. It costs cents; \`make probe-destroy\` deletes it."
PROBE_URL="$(deploy natter-probe template.yaml)"
PROBE_STRICT_URL="$(deploy natter-probe-strict strict.yaml)"
export PROBE_URL PROBE_STRICT_URL

examined=0
cargo test --package natter-probe --test conformance || examined=$?
echo
cat target/conformance.md
echo
echo "The probe is still deployed: \`make probe-destroy\` deletes it."
exit "$examined"
