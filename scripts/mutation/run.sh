#!/usr/bin/env bash
# Stryker changes the code in one place after another: a change that no test notices is a guard without a test. It installs
# itself beside this file. Arguments go on to it: `npm run mutation -- --mutate lambdas/core/factors/budget.ts`.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=scripts/mutation
if [ ! -x "$here/node_modules/.bin/stryker" ]; then
  npm install --prefix "$here" --legacy-peer-deps --no-audit --no-fund --no-package-lock --silent
fi
"$here/node_modules/.bin/stryker" run "$here/stryker.config.json" "$@"
