#!/usr/bin/env bash
# A Python client of the OpenAPI document ($1), made by others and compiled. With COUNTERSIGN_API, the address of a running
# `npm start`, it signs in as well (the environment then needs botocore).
set -euo pipefail
document=$1 folder=.build/judges/generated_client
rm -rf "$folder"
.venv/client/bin/openapi-python-client generate --path "$document" --output-path "$folder" --meta none >/dev/null
.venv/client/bin/python -m compileall -q "$folder"
if [ -n "${COUNTERSIGN_API:-}" ]; then
  .venv/client/bin/python -m pip install --quiet --disable-pip-version-check botocore
  .venv/client/bin/python scripts/judges/sign_in.py "$folder" "$COUNTERSIGN_API"
fi
