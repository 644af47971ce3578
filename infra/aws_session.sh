# shellcheck shell=bash
# To be sourced: sets AWS's region, `environment`, `stack` and `account`, which is whose account it is, in words.
# It ends the script with a sentence where there are no credentials.

environment="${ENVIRONMENT:-default}"
stack="${STACK:-$(python infra/deployment.py stack)}"
# SAM and the scripts in Python know the region by this name only.
region="${AWS_REGION:-$(python infra/deployment.py region)}"
if [ -n "$region" ]; then export AWS_DEFAULT_REGION="$region"; fi
# shellcheck disable=SC2034 # The scripts that source this say it.
account="$(python infra/model_key.py account)"

# Ends the script where it is not known which stack is meant.
need_stack() {
  if [ -z "$stack" ]; then
    echo "samconfig.toml names no stack for $environment. Run \`make deploy\` first, or name one: make $1 STACK=natter" >&2
    exit 1
  fi
}
