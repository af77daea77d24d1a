#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stopwatch: from nothing to a receipt that is verified offline, by the commands that the README names for
# it. Prints how many commands there were and how long each took.
#
#   tools/stopwatch.sh REPOSITORY [NODE_MODULES]
#
# REPOSITORY is what git clones. With NODE_MODULES the packages are copied from there instead of installed, for
# machines without a registry; the time of that step doesn't count in either case.
set -euo pipefail
repository=$1
modules=${2:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
commands=0
total=0

# Runs one command as a person would type it, and counts it. `packages` as the first word: its time is theirs.
run() {
  local kind=$1 shown=$2 began ended
  shift 2
  commands=$((commands + 1))
  began=$(date +%s%N)
  "$@" >"$folder/output" 2>&1 || { cat "$folder/output" >&2; echo "FAILED: $shown" >&2; exit 1; }
  ended=$(((($(date +%s%N)) - began) / 1000000))
  if [ "$kind" = packages ]; then
    echo "$shown: $ended ms (packages, not counted)"
  else
    total=$((total + ended))
    echo "$shown: $ended ms"
  fi
}

packages() {
  if [ -n "$modules" ]; then cp -a "$modules" node_modules; else npm ci; fi
}

run counted "git clone REPOSITORY docket" git clone --quiet "$repository" docket
cd docket
run packages "npm ci" packages
run counted "npm run receipt" npm run --silent receipt
grep -E '^(ok|verified)' "$folder/output"
echo "commands $commands, ms $total"
