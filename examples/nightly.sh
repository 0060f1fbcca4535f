#!/usr/bin/env bash
# A night: hold the day's log against the last good day, rank it, and choose features and train anew once a week or where
# fields of the model no longer tell anything.
# Usage: nightly.sh STORE DATA [OPTION...], OPTION being one that check, rank and select share: --label, --exclude, ...
#   STORE/current   the last good day: profile.json, ranking.json, features.yaml, model/; moves on at the end, at once
#   STORE/<time>    what this night found; pages to read are checks.html and ranking.html
#   checks.toml in STORE holds thresholds and waivers ('featsel check --init' writes one)
#   BUDGET (10%) is that of 'featsel select', RETRAIN_DAYS (7) how old a model may become
# Exit code 0: the day is good. 1: it is not, and nothing that serves has changed. Others are those of featsel.
set -euo pipefail

if [[ $# -lt 2 ]]; then
  printf 'usage: nightly.sh STORE DATA [OPTION...]\n' >&2
  exit 2
fi
store=$1 data=$2
shift 2
last=$store/current
night=$store/$(date -u +%Y-%m-%dT%H%M%SZ)-$$
mkdir -p "$night"

say() { printf 'nightly: %s\n' "$*"; }

held_against=(--quiet) compared_with=(--quiet)
if [[ -d $last ]]; then
  held_against+=(--reference "$last/profile.json" --features "$last/features.yaml")
  compared_with+=(--compare "$last/ranking.json")
fi
if [[ -f $store/checks.toml ]]; then
  held_against+=(--rules "$store/checks.toml")
fi

code=0
featsel check "$data" "$@" "${held_against[@]}" --save-profile "$night/profile.json" --html "$night/checks.html" \
  -o "$night/checks.json" >"$night/checks.tsv" || code=$?
if [[ $code -ne 0 ]]; then
  if [[ $code -eq 1 ]]; then say "the day is stopped; $night/checks.html says why"; fi
  exit "$code"
fi
featsel rank "$data" "$@" "${compared_with[@]}" -o "$night/ranking.json" --html "$night/ranking.html" \
  >"$night/ranking.tsv"

# Fields that told something on the last good day, and have lost it by more than the noise of both days.
lost=$(python - "$night/ranking.json" <<'END'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    fields = (json.load(file).get("compare") or {"fields": []})["fields"]
told = [each for each in fields if each["verdict_before"] == "informative" and each["verdict"] != "informative"]
print(*(each["name"] for each in told if each["status"] in ("moved", "gone")))
END
)

reason=
if [[ ! -d $last/model ]]; then
  reason='there is no model yet'
elif [[ -n $lost ]]; then
  reason="fields tell nothing any more: $lost"
elif [[ -n $(find "$last/features.yaml" -mtime "+$((${RETRAIN_DAYS:-7} - 1))") ]]; then
  reason="features were chosen ${RETRAIN_DAYS:-7} days ago"
fi
if [[ -n $reason ]]; then
  say "features are chosen anew: $reason"
  # where a day is too little to learn from, name the logs of the last weeks in these two
  featsel select "$data" "$@" --budget "${BUDGET:-10%}" -o "$night/features.yaml" --quiet >"$night/selection.tsv"
  featsel train "$night/features.yaml" "$data" -o "$night/model" --quiet >"$night/training.tsv"
else
  cp -Rp "$last"/features.* "$last/model" "$night" # with their times
fi

# a link is made beside the old one and takes its place: who reads 'current' finds one day or the other
ln -s "$(basename "$night")" "$night.link"
python -c 'import os, sys; os.replace(*sys.argv[1:])' "$night.link" "$last"
say "the day is good: $last is $(basename "$night")"
