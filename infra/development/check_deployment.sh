#!/usr/bin/env bash
# Checks the templates and builds the deployment packages from them, as a deployment would, but without optimisation.
set -euo pipefail
cd "$(dirname "$0")/../.."

templates=(template.yaml infra/probe/template.yaml infra/probe/strict.yaml)
# A separate folder, so that a test never leaves unoptimised packages where `sam deploy` looks for them.
packages=target/deployment-check

for template in "${templates[@]}" infra/monitoring.yaml; do
  echo "Checking $template …"
  # Each of the three finds mistakes that the others do not.
  sam validate --lint --template "$template"
  sam validate --region us-east-1 --template "$template"
  cfn-lint "$template"
done

echo "Checking the templates against the rules of infra/development/rules …"
# The transformed template has the roles and functions that the rules check. The other rules ran above.
others=(E0 E1 E2 E3 E4 E5 E6 E7 E8 W I)
mkdir -p target
python infra/development/transformed.py template.yaml > target/transformed.json
cfn-lint --append-rules infra/development/rules --ignore-checks "${others[@]}" -- target/transformed.json
# Nobody is prompted for its parameters, so they are in no groups.
cfn-lint --append-rules infra/development/rules --ignore-checks "${others[@]}" E9105 -- infra/monitoring.yaml
# Each rule must find its violation in a template that is broken on purpose.
found="$(cfn-lint --append-rules infra/development/rules -- infra/development/rules/broken.yaml || true)"
while read -r rule; do
  grep --quiet "^$rule " <<< "$found" || {
    echo "The rule $rule finds nothing in infra/development/rules/broken.yaml." >&2
    exit 1
  }
done < <(sed -n 's/^ *id = "\(.*\)"$/\1/p' infra/development/rules/*.py)

# The local compiler suffices if system and architecture are those of Lambda; otherwise cargo-lambda uses zig.
if [ "$(uname -s)" = Linux ]; then export CARGO_LAMBDA_COMPILER=cargo; fi
case "$(uname -m)" in
  arm64 | aarch64) architecture=arm64 ;;
  *) architecture=x86_64 ;;
esac

for template in "${templates[@]}"; do
  echo "Building the packages of $template for $architecture (some minutes from scratch) …"
  # A release build would take minutes longer and check nothing more.
  SAM_BUILD_MODE=debug sam build --template "$template" --build-dir "$packages/$template" \
    --parameter-overrides "Architecture=$architecture" > target/deployment-check.log 2>&1 || {
    cat target/deployment-check.log
    exit 1
  }
  functions="$(python infra/template_functions.py "$template" ids)"
  for function in $functions; do
    test -x "$packages/$template/$function/bootstrap" || {
      echo "sam build made no binary for $function of $template; see its Metadata." >&2
      exit 1
    }
  done
  python infra/packages.py check "$packages/$template" "$architecture"
done
echo "All packages are built."

# The defaults of a deployment.
target=aarch64-unknown-linux-gnu
if [ "$architecture" = arm64 ]; then
  exit
elif ! rustup target list --installed 2> /dev/null | grep --quiet "^$target$"; then
  echo "SKIPPED: a package for arm64, which needs Rust's standard library for it: rustup target add $target"
else
  echo "Building a package for arm64, with zig …"
  unset CARGO_LAMBDA_COMPILER
  SAM_BUILD_MODE=debug sam build AuthorizeFunction --build-dir "$packages/arm64" --parameter-overrides Architecture=arm64 \
    > target/deployment-check.log 2>&1 || {
    cat target/deployment-check.log
    exit 1
  }
  python infra/packages.py check "$packages/arm64" arm64
fi
