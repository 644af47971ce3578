# shellcheck shell=bash
# To be sourced: sets AWS's region, `environment`, `stack` and `account`, which is whose account it is, in words.
# It ends the script with a sentence where there are no credentials.

environment="${ENVIRONMENT:-default}"
of_file="$(python infra/deployment.py stack)"
stack="${STACK:-$of_file}"
# The region that samconfig.toml says for its stack is where that is, whatever else the shell says: SAM deploys there, so all others look there.
region="${AWS_REGION:-${AWS_DEFAULT_REGION:-}}"
if [ -n "$stack" ] && [ "$stack" = "$of_file" ]; then
  of_file="$(python infra/deployment.py region)"
  if [ -n "$of_file" ] && [ -n "$region" ] && [ "$of_file" != "$region" ]; then
    echo "The stack $stack is in $of_file, as samconfig.toml says; the region $region of this shell is not looked at." >&2
  fi
  region="${of_file:-$region}"
fi
# SAM and the scripts in Python know one of these names each.
if [ -n "$region" ]; then export AWS_REGION="$region" AWS_DEFAULT_REGION="$region"; fi
# shellcheck disable=SC2034 # The scripts that source this say it.
account="$(python infra/model_key.py account)"
# Where neither the file nor the shell says one, a profile does.
if [ -z "$region" ]; then
  AWS_REGION="$(python -c 'import boto3; print(boto3.Session().region_name)')"
  export AWS_REGION AWS_DEFAULT_REGION="$AWS_REGION"
fi

# Ends the script where it is not known which stack is meant.
need_stack() {
  if [ -z "$stack" ]; then
    echo "samconfig.toml names no stack for $environment. Run \`make deploy\` first, or name one: make $1 STACK=natter" >&2
    exit 1
  fi
}
