#!/usr/bin/env bash
# Checks the workflows, and the commands of infra: without an account, and with the answers of a first deployment.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  echo "$1" >&2
  exit 1
}

echo "Checking the workflows …"
# Among others, that every action is pinned to a commit.
zizmor --offline --quiet .github/workflows

echo "Checking what the commands say without credentials …"
# An AWS account of the user must not be touched.
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1
unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
for command in deploy destroy logs secret agents probe probe-destroy; do
  said="$(make --silent "$command" 2>&1 < /dev/null)" && fail "make $command succeeded without credentials."
  [[ "$said" == *"No AWS credentials were found."* ]] || fail "make $command does not name what is missing: $said"
done

echo "Checking the parameters of infra/samconfig.example.toml …"
for environment in default production; do
  ENVIRONMENT="$environment" python infra/deployment.py --file infra/samconfig.example.toml check
done

echo "Checking the scripts' decisions …"
PYTHONPATH=infra python -m unittest discover --quiet --start-directory tests/deployment

echo "Checking that a program can be built in a folder with a blank, and does not name it …"
folder="$(mktemp -d)"
trap 'rm -r "$folder"' EXIT
flags="$PWD/infra/rustflags.sh"
mkdir -p "$folder/a folder/src"
printf '[package]\nname = "small"\nedition = "2024"\n' > "$folder/a folder/Cargo.toml"
echo 'fn main() { panic!() }' > "$folder/a folder/src/main.rs"
(
  cd "$folder/a folder"
  ARCHITECTURE="$(uname -m)"
  # shellcheck source=infra/rustflags.sh
  . "$flags"
  cargo build --quiet
)
if grep --quiet --text "a folder" "$folder/a folder/target/debug/small"; then fail "A program names the folder that it was built in."; fi

echo "Checking the questions of a first deployment …"
cp template.yaml "$folder"
answers=(natter-team none false https://chat.example.com bedrock amazon.nova-lite-v1:0
  arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0)
root="$PWD"
cd "$folder"
printf '%s\n' "${answers[@]}" | AWS_DEFAULT_REGION=us-east-1 python "$root/infra/first_deployment.py" > questions.log ||
  fail "$(cat questions.log)"
python "$root/infra/deployment.py" check
[ "$(python "$root/infra/deployment.py" stack)" = natter-team ] || fail "The stack's name is not kept in samconfig.toml."
sed -i.sample 's/bedrock\\"/bedrok\\"/' samconfig.toml
said="$(python "$root/infra/deployment.py" check 2>&1)" && fail "A mistaken parameter is not found."
[[ "$said" == "ModelProvider cannot be bedrok"* ]] || fail "A mistaken parameter is not named: $said"
