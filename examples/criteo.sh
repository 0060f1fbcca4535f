#!/usr/bin/env bash
# From Criteo's text file (label, I1 to I13, C1 to C26, separated by tabs, no header) to a model and its predictions.
# Usage: criteo.sh train.txt OUT [BUDGET], such as 10%, 20fields or 64MB.
#   The rows of Criteo's log are in the order of their time: the last tenth is for test, the tenth before it for validation.
#   MIN_COUNT=10 is usual for the whole log: values of fewer training rows share one feature of their field.
set -euo pipefail

if [[ $# -lt 2 || ! -f $1 ]]; then
  printf 'usage: criteo.sh train.txt OUT [BUDGET]\n' >&2
  exit 2
fi
raw=$1 out=$2 budget=${3:-10%}
mkdir -p "$out"

step() { printf '\n$ %s\n' "$*"; "$@"; }

# one pass over the text; all that follows reads Parquet
step featsel convert "$raw" "$out/log.parquet" --format criteo
step featsel check "$out/log.parquet" --fail-on never --save-profile "$out/profile.json" --html "$out/checks.html"
step featsel rank "$out/log.parquet" --redundancy -o "$out/ranking.json" --html "$out/ranking.html"
# chooses on the training rows alone, so that the test rows stay unseen until the end of the training
step featsel select "$out/log.parquet" --budget "$budget" --split ordered --min-count "${MIN_COUNT:-2}" \
  -o "$out/features.yaml" --html "$out/selection.html"
step featsel train "$out/features.yaml" "$out/log.parquet" -o "$out/model" --events "$out/events.jsonl" \
  --html "$out/training.html"
step featsel predict "$out/model" "$out/log.parquet" -o "$out/scores.parquet"
step featsel export "$out/features.yaml" --to fuxictr -o "$out/fuxictr"
printf '\nThe pages to look at:\n'
printf '  %s\n' "$out"/{checks,ranking,selection,training}.html
