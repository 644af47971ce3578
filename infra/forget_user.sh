#!/usr/bin/env bash
# Erases everything that is stored of the user USER_ID, or without YES=1 counts it. Of a deployed stack, or with
# DATABASE_URL, which `make dev` prints, of the local one.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${USER_ID:-}" ]; then
  echo "Say whose data: make forget-user USER_ID=… (the subject of their tokens)" >&2
  exit 1
fi

set -- --user "$USER_ID"
if [ -n "${DATABASE_URL:-}" ]; then
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1
  set -- "$@" --endpoint "$DATABASE_URL" --table "${TABLE_NAME:-Table}"
else
  # shellcheck source=infra/aws_session.sh
  . infra/aws_session.sh
  need_stack forget-user
  table="$(python infra/stack.py "$stack" output TableName)"
  # The program knows keys alone, not what a profile may name to get some.
  credentials="$(python infra/credentials.py)"
  eval "$credentials"
  unset AWS_PROFILE
  set -- "$@" --table "$table"
fi
if [ "${YES:-}" = 1 ]; then
  set -- "$@" --yes
fi
# shellcheck source=infra/program.sh
. infra/program.sh
program forget-user "$@"
