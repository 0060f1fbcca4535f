#!/usr/bin/env bash
# A nightly gate, from the first good day on: keep its profile and rules, let another good day pass, stop five bad
# ones. The days are synthetic; on a log of yours, what `gate` runs is all that a night needs.
# Usage: gate.sh [FOLDER], where the logs and reports are left; without one they are removed.
set -euo pipefail

if [ $# -gt 0 ]; then
  out=$1
  mkdir -p "$out"
else
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi
export FEATSEL_CI=0 # its five failures are meant: no annotations in a GitHub workflow

fail() {
  printf 'gate.sh: %s\n' "$*" >&2
  exit 1
}

# Check a day against the good one; reports for the CI server stand beside it.
gate() {
  featsel check "$out/$1.parquet" --exclude day --reference "$out/good-day.json" --rules "$out/checks.toml" \
    -o "$out/$1.xml" -o "$out/$1.md" >"$out/$1.tsv"
}

# passes DAY: exit code 0.
passes() {
  local code=0
  gate "$1" 2>"$out/$1.err" || code=$?
  [ "$code" -eq 0 ] || fail "$1 ended with $code: $(cat "$out/$1.err" "$out/$1.tsv")"
}

# stops DAY CODE FIELD: exit code 1, and an error of that rule at that field; the log as a whole has no name.
stops() {
  local code=0
  gate "$1" 2>"$out/$1.err" || code=$?
  [ "$code" -eq 1 ] || fail "$1 ended with $code, not 1: $(cat "$out/$1.err")"
  awk -F '\t' -v code="$2" -v field="$3" \
    '$1 == code && $4 == "error" && $5 == field && $6 == "fail" { found = 1 } END { exit !found }' \
    "$out/$1.tsv" || fail "$1 has no error $2 at '$3': $(cat "$out/$1.tsv")"
  printf '%-8s stopped by %s%s\n' "$1" "$2" "${3:+ at $3}"
}

featsel synth "$out/log.parquet" --rows 42000 --drift 0 --seed 1 --quiet
python - "$out" <<'EOF'
import hashlib
import sys
from pathlib import Path

import polars as pl

folder = Path(sys.argv[1])
log = pl.read_parquet(folder / "log.parquet")
good, other = (log.filter(pl.col("day") == day) for day in (1, 2))
values = other["c14"].unique().drop_nulls().to_list()
hashes = [hashlib.md5(f"salt {value}".encode()).hexdigest() for value in values]
days = {
    "good": good,
    "other": other,
    # every third row of a column is no longer filled
    "nulls": other.with_columns(c04=pl.when(pl.int_range(pl.len()) % 3 > 0).then("c04")),
    "dropped": other.drop("c05"),
    "turned": other.with_columns(label=1 - pl.col("label")),
    "hashed": other.with_columns(c14=pl.col("c14").replace_strict(values, hashes, default=None)),
    # nine tenths of the day before are delivered once more
    "replayed": pl.concat([good.head(good.height * 9 // 10), other.tail(other.height // 10)]),
}
for name, day in days.items():
    day.write_parquet(folder / f"{name}.parquet")
EOF

# The good day; --init writes the rules that hold on it, to edit and to keep under version control.
featsel check "$out/good.parquet" --exclude day --quiet \
  --save-profile "$out/good-day.json" --init "$out/checks.toml" >/dev/null
# Without a log: are the files that the gate needs in order?
featsel check --rules "$out/checks.toml" --reference "$out/good-day.json" >/dev/null

passes other
stops nulls FS101 c04
stops dropped FS001 c05
stops turned FS404 label
stops hashed FS402 c14
stops replayed FS202 ''

printf 'gate.sh: a good day passed, 5 bad days were stopped\n'
