#!/usr/bin/env bash
# The main job on a synthetic log whose truth is known: make it, check it, rank it, compare with the truth, select
# features of the fields that are no leaks, train on them, predict, and put all results on one page.
set -euo pipefail
out=${1:-demo-out}
mkdir -p "$out"

step() { printf '\n$ %s\n' "$*"; "$@"; }
# the result goes into a file instead
saved() { local file=$1; shift; printf '\n$ %s > %s\n' "$*" "$file"; "$@" > "$file"; }

step featsel synth "$out/log.parquet" --rows 200000 --leak --seed 1
step featsel check "$out/log.parquet" --time day --save-profile "$out/good-day.json" -o "$out/checks.json" \
  --html "$out/checks.html" --fail-on never
step featsel rank "$out/log.parquet" --exclude day --redundancy -o "$out/ranking.json" \
  --html "$out/ranking.html"
step python examples/compare_with_truth.py "$out/ranking.json" "$out/log.truth.json"
# what was written after the click is no field of a model, whatever it promises
leaks=$(python -c 'import json, sys; print(*(f"--exclude {name}" for name in json.load(open(sys.argv[1]))["leaks"]))' \
  "$out/log.truth.json")
# shellcheck disable=SC2086 # one option each
saved "$out/selection.json" featsel select "$out/log.parquet" --budget 1% --time day $leaks --min-count 2 \
  -o "$out/features.yaml" --html "$out/selection.html" --json
step featsel train "$out/features.yaml" "$out/log.parquet" -o "$out/model" --html "$out/training.html"
step featsel predict "$out/model" "$out/log.parquet" -o "$out/scores.parquet"
step featsel report "$out" -o "$out/report.html" --title "A log of clicks, from its checks to a model"
printf '\nThe page to look at first has all of it, in plain words on top:\n  %s\n' "$out/report.html"
printf 'The pages of the single commands:\n'
printf '  %s\n' "$out"/{checks,ranking,selection,training}.html
