#!/usr/bin/env bash
# Deploys to AWS. The first time it asks for what the stack needs and keeps the answers in samconfig.toml; later it only deploys.
# PACKAGES names a folder with what `sam build` made before; without it, the functions are built.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=infra/aws_session.sh
. infra/aws_session.sh

echo "Deploying to $account."

if [ -z "$stack" ]; then
  python infra/first_deployment.py
  stack="$(python infra/deployment.py stack)"
fi
python infra/deployment.py check
python infra/failed_deployment.py "$stack"
python infra/concurrency.py "$stack"

# The functions must be built for the processor that the stack is told.
ARCHITECTURE="$(python infra/deployment.py parameter Architecture)"
export ARCHITECTURE="${ARCHITECTURE:-arm64}"
if [ -z "${PACKAGES:-}" ]; then
  echo "Building the functions (some minutes) …"
  infra/build.sh
  PACKAGES=.aws-sam/build
else
  python infra/packages.py check "$PACKAGES" "$ARCHITECTURE"
fi

# SAM does not report whether the user agreed to the changes; if not, the change set is still there.
waiting="$(python infra/stack.py "$stack" waiting)"
# SAM looks for samconfig.toml beside the template.
sam deploy --template-file "$PACKAGES/template.yaml" --config-file "$PWD/samconfig.toml" --config-env "$environment" \
  --stack-name "$stack" --region "$AWS_REGION" --no-fail-on-empty-changeset
if [ "$(python infra/stack.py "$stack" waiting)" != "$waiting" ]; then
  echo "Nothing was changed." >&2
  exit 1
fi

if [ -d agents ]; then STACK="$stack" infra/agents.sh; fi

if [ "$(python infra/deployment.py parameter HostPage)" = true ]; then
  make --no-print-directory clients/web/dist
  python infra/publish_page.py "$stack" clients/web/dist
fi
