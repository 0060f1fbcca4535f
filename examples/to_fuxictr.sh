#!/usr/bin/env bash
# From a feature config to FuxiCTR: its feature map and settings, and the logs as codes that its run scripts read.
# Usage: to_fuxictr.sh features.yaml train.parquet valid.parquet test.parquet OUT
#   Needs DuckDB, which makes the codes: pip install duckdb. FuxiCTR itself is only needed for the last step.
set -euo pipefail

if [[ $# -ne 5 ]]; then
  printf 'usage: to_fuxictr.sh features.yaml train.parquet valid.parquet test.parquet OUT\n' >&2
  exit 2
fi
if ! python -c 'import duckdb' 2>/dev/null; then
  printf 'to_fuxictr.sh: DuckDB is missing. Install it with: pip install duckdb\n' >&2
  exit 2
fi
features=$1 train=$2 valid=$3 test=$4 out=$5
name=$(basename "$features")
name=${name%.*}
mkdir -p "$out"

featsel export "$features" --to fuxictr -o "$out"
featsel export "$features" --to sql -o "$out/codes.sql" --quiet

python - "$features" "$out" "$name" "train=$train" "valid=$valid" "test=$test" <<'END'
import sys
from pathlib import Path

import duckdb

features, out, name, *parts = sys.argv[1:]
quoted = str(Path(features).with_name(f"{name}.values.parquet")).replace("'", "''")
query = Path(out, "codes.sql").read_text(encoding="utf-8").rstrip().rstrip(";")
for part, log in (each.split("=", 1) for each in parts):
    target = Path(out, name, f"{part}.parquet")
    with duckdb.connect() as database:
        database.execute(f"""CREATE VIEW "log" AS SELECT * FROM '{log.replace("'", "''")}'""")
        database.execute(f"""CREATE VIEW "{name}.values" AS SELECT * FROM '{quoted}'""")
        database.execute(f"""COPY ({query}) TO '{str(target).replace("'", "''")}'""")
        (n_rows,) = database.execute(f"""SELECT count(*) FROM '{str(target).replace("'", "''")}'""").fetchone()
    print(f"{target}: {n_rows:,} rows")
END

cat <<END

FuxiCTR's run scripts work in their own folder, so put the one of a model into $out:
  git clone https://github.com/reczoo/FuxiCTR && pip install fuxictr
  cp -R FuxiCTR/model_zoo/DeepFM/DeepFM_torch/. "$out"
  python "$out/run_expid.py" --config . --expid DeepFM_$name --gpu -1
END
