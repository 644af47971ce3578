#!/usr/bin/env bash
# Checks the agents in DIRECTORY and publishes them. With LIST=1 it lists what was published, and with VERSION=… it puts an earlier
# version into use again; with REMOVE=… it removes one. In a deployed stack, or with DATABASE_URL, which `make dev` prints, in the local one.
# With LOCK=1 it looks up the tools of MCP servers, for somebody to review, and needs neither.
set -euo pipefail
cd "$(dirname "$0")/.."
directory="${DIRECTORY:-agents}"

# shellcheck source=infra/program.sh
. infra/program.sh

if [ "${LOCK:-}" = 1 ]; then
  program agents lock "$directory" ${SERVER:+"$SERVER"}
  exit
fi

if [ -n "${DATABASE_URL:-}" ]; then
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1
  table=(--endpoint "$DATABASE_URL" --table "${TABLE_NAME:-Table}")
  models="${MODELS:-demo}"
else
  # shellcheck source=infra/aws_session.sh
  . infra/aws_session.sh
  need_stack agents
  # Functions look for published agents only where neither says others.
  if [ -n "$(python infra/stack.py "$stack" parameter Agents)" ]; then
    echo "The agents of $stack are those of its parameter Agents. Empty it and deploy, then publish others." >&2
    exit 1
  fi
  if [ -f tools.toml ]; then
    echo "With tools.toml the agents are those of the parameter Agents. Move its tools to $directory/tools and deploy, then publish." >&2
    exit 1
  fi
  table=(--table "$(python infra/stack.py "$stack" output TableName)")
  models="$(python infra/stack.py "$stack" parameter ModelName)"
  # The program knows keys alone, not what a profile may name to get some.
  credentials="$(python infra/credentials.py)"
  eval "$credentials"
  unset AWS_PROFILE
fi

if [ "${LIST:-}" = 1 ]; then
  program agents list "${table[@]}"
elif [ -n "${REMOVE:-}" ]; then
  program agents remove "$REMOVE" "${table[@]}"
elif [ -n "${VERSION:-}" ]; then
  program agents use "$VERSION" "${table[@]}"
elif [ -d "$directory" ]; then
  program agents publish "$directory" --models "$models" "${table[@]}"
else
  echo "There is no directory $directory. Start with a copy of the example: cp -r examples/agents agents" >&2
  exit 1
fi
