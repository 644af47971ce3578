#!/usr/bin/env bash
# Deletes a deployed stack, after asking, and says what of it stays and how that is removed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=infra/aws_session.sh
. infra/aws_session.sh
need_stack destroy

kept="$(python infra/kept_resources.py "$stack")"
echo "This deletes the stack $stack from $account."
echo "People's conversations and accounts are not deleted with it."
read -r -p "Type the stack's name to delete it: " answer
if [ "$answer" != "$stack" ]; then
  echo "Nothing was deleted."
  exit 1
fi
sam delete --no-prompts --stack-name "$stack" --region "$AWS_REGION"
echo
echo "$kept"
