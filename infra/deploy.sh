#!/usr/bin/env bash
# Deploys to AWS. The first time it asks for what the stack needs and has SAM keep the answers in samconfig.toml; later it only deploys.
set -euo pipefail
cd "$(dirname "$0")/.."

# SAM and the script below, both in Python, know the region by this name only.
if [ -n "${AWS_REGION:-}" ]; then export AWS_DEFAULT_REGION="$AWS_REGION"; fi

account="$(python infra/model_key.py account)"
echo "Deploying to $account."

# Where the stack hosts the page too, that is built and uploaded.
publish_page() {
  grep --quiet 'HostPage=[\\"]*true' samconfig.toml || return 0
  stack="$(sed -n 's/^stack_name *= *"\(.*\)"/\1/p' samconfig.toml | head -1)"
  make --no-print-directory clients/web/dist
  python infra/publish_page.py "${stack:-natter}" clients/web/dist
}

if [ -f samconfig.toml ]; then
  # The functions must be built for the processor that the stack was told.
  architecture="$(sed -n 's/.*Architecture=[\\"]*\([a-z0-9_]*\).*/\1/p' samconfig.toml)"
  sam build --parameter-overrides "Architecture=${architecture:-arm64}"
  sam deploy --no-fail-on-empty-changeset
  publish_page
  exit
fi

cat << 'TEXT'

This is the first deployment. The functions read the model's API key from AWS Secrets Manager, so that it stands in no file.
TEXT
read -r -p "Name of the secret, new or existing, or none (Bedrock needs none) [natter/model-api-key]: " name
secret=""
if [ "$name" != none ]; then secret="$(python infra/model_key.py secret "${name:-natter/model-api-key}")"; fi

cat << 'TEXT'

Building the functions (some minutes) …
TEXT
architecture="${ARCHITECTURE:-arm64}"
sam build --parameter-overrides "Architecture=$architecture"

cat << 'TEXT'

SAM now asks for the stack's parameters; template.yaml explains each. Enter takes what stands in brackets. Let it save the answers
to samconfig.toml: from then on `make deploy` deploys without questions.
TEXT
sam deploy --guided --stack-name natter --capabilities CAPABILITY_IAM \
  --parameter-overrides "Architecture=$architecture" "ModelApiKeySecretArn=$secret"
publish_page
