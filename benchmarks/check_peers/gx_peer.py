"""Great Expectations: every column of the new day is there, is filled and has its type.

Three expectations for each column on a data frame in memory, in an ephemeral context, as in its quick start.
"""

from __future__ import annotations

import great_expectations as gx
import pandas as pd
import pyarrow.parquet as pq
from task import Answer, hand_back, paths


def main() -> None:
    """Validate the new day against the types of the reference."""
    reference, current = paths()
    types = pq.read_schema(reference).empty_table().to_pandas().dtypes.astype(str)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = gx.ExpectationSuite(name="day")
    for name, kind in types.items():
        suite.add_expectation(gx.expectations.ExpectColumnToExist(column=name))
        suite.add_expectation(gx.expectations.ExpectColumnValuesToNotBeNull(column=name))
        suite.add_expectation(gx.expectations.ExpectColumnValuesToBeOfType(column=name, type_=kind))
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("log")
    whole = asset.add_batch_definition_whole_dataframe("day")
    found = whole.get_batch({"dataframe": pd.read_parquet(current)}).validate(suite)
    failed = [each.expectation_config for each in found.results if not each.success]
    note = ", ".join(f"{each.type}({each.kwargs['column']})" for each in failed)
    hand_back(Answer(len(found.results), len(failed), note=note))


if __name__ == "__main__":
    main()
