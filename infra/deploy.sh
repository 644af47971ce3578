#!/usr/bin/env bash
# Deploys to AWS. The first time it asks for what the stack needs and keeps the answers in samconfig.toml; later it only deploys.
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

# The functions must be built for the processor that the stack is told.
architecture="$(python infra/deployment.py parameter Architecture)"
echo "Building the functions (some minutes) …"
ARCHITECTURE="${architecture:-arm64}" infra/build.sh
sam deploy --config-env "$environment" --stack-name "$stack" --no-fail-on-empty-changeset

if [ "$(python infra/deployment.py parameter HostPage)" = true ]; then
  make --no-print-directory clients/web/dist
  python infra/publish_page.py "$stack" clients/web/dist
fi
