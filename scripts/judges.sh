#!/usr/bin/env bash
# What others think of the template and of the OpenAPI document: programs that nobody here wrote, each in a Python
# environment of its own under .venv/, kept between runs. One that cannot be installed is skipped and says why; a finding
# that is not accepted fails the run.
# Arguments name the judges to ask; without any, all are asked.
set -uo pipefail
cd "$(dirname "$0")/.."
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-central-1 AWS_REGION=eu-central-1
unset AWS_PROFILE

out=.build/judges
template=$out/countersign-dev.template.json
failed=0
skipped=0

say() { printf '\n==> %s\n' "$*"; }

# install NAME PACKAGE: .venv/NAME with exactly that package. Fails, saying why, where that cannot be done.
install() {
  local why
  if ! command -v python3 >/dev/null; then
    why='python3 is missing'
  elif [ ! -x ".venv/$1/bin/python" ] && ! why=$(python3 -m venv ".venv/$1" 2>&1); then
    rm -rf ".venv/$1"
  elif [ "$(cat ".venv/$1/installed" 2>/dev/null)" = "$2" ] ||
    why=$(".venv/$1/bin/python" -m pip install --quiet --disable-pip-version-check "$2" 2>&1 | tail -n 1; exit "${PIPESTATUS[0]}"); then
    echo "$2" >".venv/$1/installed"
    return 0
  fi
  echo "skipped: $2 cannot be installed: ${why##*$'\n'}"
  return 1
}

# judge NAME PACKAGE COMMAND...
judge() {
  local name=$1 package=$2
  shift 2
  if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then
    return
  fi
  say "$name ($package)"
  if ! install "$name" "$package"; then
    skipped=$((skipped + 1))
  elif "$@"; then
    echo "$name accepts it"
  else
    echo "$name refuses it"
    failed=$((failed + 1))
  fi
}

wanted=("$@")
say 'synthesizing the stage dev'
rm -rf "$out"
CDK_OUTDIR=$out npx tsx bin/countersign-app.ts || exit 1

judge cfn-lint 'cfn-lint==1.58.0' .venv/cfn-lint/bin/cfn-lint --template "$template" --regions eu-central-1 us-east-1
judge sam 'aws-sam-cli==1.170.0' .venv/sam/bin/sam validate --lint --template "$template"
judge checkov 'checkov==3.3.30' \
  .venv/checkov/bin/checkov --file "$template" --framework cloudformation --config-file scripts/judges/checkov.yaml
judge parliament 'parliament==1.6.4' .venv/parliament/bin/python scripts/judges/policies.py "$template"
judge moto 'moto[server]==5.2.5' .venv/moto/bin/python scripts/judges/create.py "$out"

document=$out/openapi.json
npx tsx scripts/judges/openapi.ts "$document" || exit 1
judge openapi 'openapi-spec-validator==0.9.0' .venv/openapi/bin/openapi-spec-validator "$document"
judge client 'openapi-python-client==0.29.1' bash scripts/judges/client.sh "$document"

say "$failed refused, $skipped skipped"
[ "$failed" -eq 0 ]
