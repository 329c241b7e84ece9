#!/usr/bin/env bash
# The contract suite against moto: an independent DynamoDB, KMS and SES, in a Python environment of its own that is
# kept between runs. Arguments go on to vitest.
set -euo pipefail
cd "$(dirname "$0")/../.."

moto='moto[server]==5.2.5'
venv=.venv/moto

if ! command -v python3 >/dev/null; then
  echo 'python3 is missing. The contract suite runs without it on the local engines: npx vitest run test/contract' >&2
  exit 1
fi
if [ ! -x "$venv/bin/python" ] && ! python3 -m venv "$venv"; then
  rm -rf "$venv"
  echo 'python3 cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv' >&2
  exit 1
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$moto"

port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
log="$venv/server.log"
"$venv/bin/python" -u test/contract/moto_server.py -H 127.0.0.1 -p "$port" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT

tries=0
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -gt 150 ] || ! kill -0 "$server" 2>/dev/null; then
    echo "moto did not start:" >&2
    tail -n 20 "$log" >&2
    exit 1
  fi
  sleep 0.2
done

endpoint="http://127.0.0.1:$port"
echo "moto answers on $endpoint"
grep 'differs from AWS' "$log"
export CONTRACT_ENGINE=moto
export DYNAMODB_ENDPOINT="$endpoint" KMS_ENDPOINT="$endpoint" SES_ENDPOINT="$endpoint" EVENTS_ENDPOINT="$endpoint"
unset AWS_PROFILE AWS_SESSION_TOKEN
npx vitest run --maxWorkers=1 test/contract "$@"
