"""Fields stand in the order of what they tell, and each has the verdict that a person would give."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from featsel.core.counts import ContingencyTable, FieldCounts
from featsel.core.schema import Field, FieldKind
from featsel.ranking.measures import pool_rare
from featsel.ranking.rank_fields import rank_fields
from featsel.ranking.scores import Score, Verdict
from featsel.stats import contingency_table

N_ROWS = 20_000


def counted(name, codes, labels, *, null_code=None):
    """Counts of a field given as codes; one code may mean null."""
    values, codes = np.unique(codes, return_inverse=True)
    table = contingency_table(codes, labels, values.size)
    is_null = np.zeros(labels.size, bool) if null_code is None else values[codes] == null_code
    null_counts = (float((is_null & (labels == 0)).sum()), float((is_null & (labels == 1)).sum()))
    return FieldCounts(name, table, values.size, labels.size, int(is_null.sum()), null_counts)


@pytest.fixture(scope="module")
def planted():
    """Fields of which the truth is known, and the codes behind them."""
    rng = np.random.default_rng(20)
    labels = (rng.random(N_ROWS) < 0.15).astype(np.int64)
    codes = {
        "strong": np.where(rng.random(N_ROWS) < 0.3, labels, rng.integers(0, 5, N_ROWS)),
        "weak": np.where(rng.random(N_ROWS) < 0.04, labels, rng.integers(0, 5, N_ROWS)),
        "noise_2": rng.integers(0, 2, N_ROWS),
        "noise_8000": rng.integers(0, 8000, N_ROWS),
        "row_id": np.arange(N_ROWS),
        "constant": np.zeros(N_ROWS, int),
        "copy_of_label": np.where(rng.random(N_ROWS) < 0.01, 1 - labels, labels),
        "null_unless_clicked": np.where(labels == 1, rng.permutation(N_ROWS), -1),
        "id_of_some_clicks": np.where(
            (labels == 1) & (rng.random(N_ROWS) < 0.3), rng.permutation(N_ROWS), -1
        ),
        "flag_of_some_clicks": (labels == 1) & (rng.random(N_ROWS) < 0.3),
    }
    counts = [
        counted(
            name,
            column,
            labels,
            null_code=-1 if name in {"null_unless_clicked", "id_of_some_clicks"} else None,
        )
        for name, column in codes.items()
    ]
    return labels, codes, counts


def ranked(planted, score=Score.USABLE, **options):
    labels, _, counts = planted
    fields = [Field(count.name, FieldKind.CATEGORICAL, "") for count in counts]
    label = contingency_table(np.zeros(labels.size, int), labels, 1)
    return rank_fields(fields, counts, label=label, n_rows=labels.size, score=score, **options)


def by_name(ranking):
    return {field.name: field for field in ranking.fields}


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("strong", Verdict.INFORMATIVE),
        ("weak", Verdict.INFORMATIVE),
        ("noise_2", Verdict.NOISE),
        ("noise_8000", Verdict.NOISE),
        ("row_id", Verdict.IDENTIFIER),
        ("constant", Verdict.CONSTANT),
        ("copy_of_label", Verdict.LEAK),
        ("null_unless_clicked", Verdict.LEAK),
        ("id_of_some_clicks", Verdict.LEAK),
        ("flag_of_some_clicks", Verdict.LEAK),
    ],
)
def test_verdicts_are_the_planted_truth(planted, name, verdict):
    field = by_name(ranked(planted))[name]
    assert field.verdict is verdict, field.reason


def test_mutual_information_is_scikit_learns(planted):
    labels, codes, _ = planted
    found = {field.name: field.mutual_information for field in ranked(planted).fields}
    expected = {name: mutual_info_score(labels, column) for name, column in codes.items()}
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("score", [Score.USABLE, Score.CORRECTED, Score.Z, Score.AMI])
def test_corrected_orders_put_noise_behind_the_weakest_signal(planted, score):
    names = [field.name for field in ranked(planted, score).fields]
    assert (
        names.index("strong")
        < names.index("weak")
        < min(map(names.index, ["noise_2", "noise_8000", "row_id", "constant"]))
    )


def test_plain_mutual_information_prefers_noise_with_many_values(planted):
    names = [field.name for field in ranked(planted, Score.MI).fields]
    assert names.index("row_id") < names.index("noise_8000") < names.index("strong")


@pytest.mark.parametrize("score", [Score.Z, Score.MI, Score.AMI, Score.OUTRANK])
def test_the_score_falls_along_the_list(planted, score):
    scores = [field.score for field in ranked(planted, score).fields]
    assert scores == sorted(scores, reverse=True)


def test_amounts_of_insignificant_fields_do_not_lift_them():
    rng = np.random.default_rng(0)
    labels = (rng.random(5_000) < 0.3).astype(np.int64)
    columns = {f"noise_{i}": rng.integers(0, 1_500, 5_000) for i in range(30)}
    columns["weak"] = np.where(rng.random(5_000) < 0.1, labels, rng.integers(0, 2, 5_000))
    counts = [counted(name, column, labels) for name, column in columns.items()]
    fields = [Field(name, FieldKind.CATEGORICAL, "") for name in columns]
    label = contingency_table(np.zeros(labels.size, int), labels, 1)
    ranking = rank_fields(fields, counts, label=label, n_rows=5_000, score=Score.CORRECTED)
    amounts = {field.name: field.corrected_mutual_information for field in ranking.fields}
    assert max(amounts, key=amounts.__getitem__) != "weak"
    assert ranking.fields[0].name == "weak"


def test_ranks_count_from_one_and_ties_are_broken_by_name(planted):
    _, _, counts = planted
    twins = [FieldCounts(name, counts[0].table, 5, N_ROWS, 0) for name in ("b", "a", "c")]
    fields = [Field(twin.name, FieldKind.CATEGORICAL, "") for twin in twins]
    label = ContingencyTable(counts[0].table.counts.sum(axis=0, keepdims=True), np.ones(1, np.int64))
    ranking = rank_fields(fields, twins, label=label, n_rows=N_ROWS, score=Score.Z)
    assert [(field.rank, field.name) for field in ranking.fields] == [(1, "a"), (2, "b"), (3, "c")]


def test_random_labels_make_no_field_informative_too_often():
    rng = np.random.default_rng(5)
    labels = (rng.random(10_000) < 0.1).astype(np.int64)
    cardinalities = np.geomspace(2, 5_000, 100).astype(int)
    counts = [counted(f"f{i}", rng.integers(0, c, 10_000), labels) for i, c in enumerate(cardinalities)]
    fields = [Field(count.name, FieldKind.CATEGORICAL, "") for count in counts]
    label = contingency_table(np.zeros(labels.size, int), labels, 1)
    ranking = rank_fields(fields, counts, label=label, n_rows=10_000, score=Score.USABLE)
    assert sum(field.verdict is Verdict.INFORMATIVE for field in ranking.fields) <= 5


def test_a_unique_number_is_no_identifier():
    labels = np.tile([0, 0, 1], 400)
    table = ContingencyTable(np.column_stack([1 - labels, labels]), np.ones(1_200, np.int64))
    counts = FieldCounts("price", table, 1_200, 1_200, 0)
    label = contingency_table(np.zeros(1_200, int), labels, 1)
    ranking = rank_fields(
        [Field("price", FieldKind.NUMERIC, "")], [counts], label=label, n_rows=1_200, score=Score.Z
    )
    assert ranking.fields[0].verdict is Verdict.NOISE


@pytest.mark.parametrize("seed", [0, 1])
def test_the_outrank_score_repeats_under_one_seed(planted, seed):
    first, second = (ranked(planted, Score.OUTRANK, seed=seed) for _ in range(2))
    assert first == second


def test_the_outrank_score_of_noise_is_near_zero(planted):
    # one replicate: the difference of two draws of the same distribution, whose sd is sqrt(2) times that of z
    field = by_name(ranked(planted, Score.OUTRANK))["noise_8000"]
    sd = (field.mutual_information - field.expected_mutual_information) / field.z
    assert abs(field.score) < 4 * np.sqrt(2) * abs(sd)


def test_rare_values_are_pooled():
    table = ContingencyTable(np.array([[1, 0], [2, 1], [9, 1]]), np.array([5, 2, 1]))
    pooled = pool_rare(table, 4)
    assert pooled.counts.tolist() == [[9, 1], [9, 2]]
    assert pooled.multiplicity.tolist() == [1, 1]
    assert pooled.label_totals.tolist() == table.label_totals.tolist()


def test_pooling_rare_values_takes_noise_away(planted):
    before, after = (by_name(ranked(planted, min_count=n))["noise_8000"] for n in (1, 5))
    assert after.expected_mutual_information < before.expected_mutual_information


def test_rare_flags_are_not_called_informative_by_a_wrong_tail():
    rng = np.random.default_rng(2)
    labels = (rng.random(20_000) < 0.01).astype(np.int64)
    counts = [counted(f"flag{i}", rng.permutation(20_000) < 20, labels) for i in range(400)]
    fields = [Field(count.name, FieldKind.CATEGORICAL, "") for count in counts]
    label = contingency_table(np.zeros(labels.size, int), labels, 1)
    ranking = rank_fields(fields, counts, label=label, n_rows=20_000, score=Score.USABLE)
    assert {field.verdict for field in ranking.fields} == {Verdict.NOISE}
