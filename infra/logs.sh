#!/usr/bin/env bash
# Follows the logs of a deployed stack: of all functions, or of the one that FUNCTION names, such as message or sweep.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=infra/aws_session.sh
. infra/aws_session.sh
need_stack logs

echo "Logs of $stack in $account. Ctrl-C ends."
set -- --tail --stack-name "$stack"
if [ -n "${FUNCTION:-}" ]; then
  # `message` is MessageFunction in the template.
  set -- "$@" --name "$(printf '%s' "$FUNCTION" | cut -c 1 | tr '[:lower:]' '[:upper:]')${FUNCTION#?}Function"
fi
sam logs "$@"
