#!/usr/bin/env bash
# The main job on a synthetic log whose truth is known: make it, rank it, compare with the truth.
set -euo pipefail
out=${1:-demo-out}
mkdir -p "$out"

step() { printf '\n$ %s\n' "$*"; "$@"; }

step featsel synth "$out/log.parquet" --rows 200000 --leak --seed 1
step featsel rank "$out/log.parquet" --exclude day -o "$out/ranking.json" --html "$out/ranking.html"
step python examples/compare_with_truth.py "$out/ranking.json" "$out/log.truth.json"
printf '\nThe page to look at: %s\n' "$out/ranking.html"
