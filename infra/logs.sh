#!/usr/bin/env bash
# Follows the logs of a deployed stack: of all functions, or of the one that FUNCTION names, such as message or sweep.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=infra/aws_session.sh
. infra/aws_session.sh
need_stack logs

if [ -n "${FUNCTION:-}" ]; then
  # `message` is MessageFunction in the template.
  functions="$(printf '%s' "$FUNCTION" | cut -c 1 | tr '[:lower:]' '[:upper:]')${FUNCTION#?}Function"
else
  # By name: without, SAM looks for a log of API Gateway too, under a name that it does not have.
  functions="$(python infra/stack.py "$stack" functions)"
fi
echo "Logs of $stack in $account. Ctrl-C ends."
set --
for function in $functions; do set -- "$@" --name "$function"; done
sam logs --tail --stack-name "$stack" --region "$AWS_REGION" "$@"
