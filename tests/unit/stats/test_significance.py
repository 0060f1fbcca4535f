"""Do p-values and their corrections mean what they say?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import chi2, false_discovery_control, hypergeom, kstest

from featsel.core.counts import ContingencyTable
from featsel.stats import (
    benjamini_hochberg,
    group,
    mutual_information,
    null_moments,
    p_value,
    two_value_p_value,
    z_score,
)

MakeTable = Callable[..., ContingencyTable]


def p_values_of(tables: list[ContingencyTable]) -> list[float]:
    means, deviations = null_moments(tables)
    return p_value([mutual_information(table) for table in tables], means, deviations).tolist()


@pytest.mark.parametrize("seed", [0, 1])
def test_p_values_of_noise_are_uniform_at_every_cardinality(seed: int, draw_noise: MakeTable) -> None:
    rng = np.random.default_rng(seed)
    n_rows = 20_000
    tables: list[ContingencyTable] = []
    for cardinality in (10 ** rng.uniform(1, np.log10(n_rows / 2), size=1000)).astype(int):
        sizes = rng.multinomial(n_rows, rng.dirichlet(np.ones(cardinality)))
        tables.append(draw_noise(sizes, n_rows // 5, rng=rng))

    p = np.array(p_values_of(tables))

    assert kstest(p, "uniform").pvalue > 0.01
    # three standard errors of a share of .05 among 1000
    assert 0.03 < (p < 0.05).mean() < 0.07


def test_a_low_cardinality_field_has_the_p_value_of_the_g_test() -> None:
    table = ContingencyTable(np.array([[40_100, 9_900], [39_900, 10_100], [40_000, 10_000]]), np.ones(3, int))
    g_statistic = 2 * table.total * mutual_information(table)

    # the two distributions differ by terms of the order of one over the smallest count
    assert p_values_of([table])[0] == pytest.approx(chi2.sf(g_statistic, df=2), rel=1e-3)


def test_a_weak_field_among_many_rows_is_found() -> None:
    table = ContingencyTable(np.array([[81_000, 19_000], [79_000, 21_000]]), np.array([1, 1]))

    assert p_values_of([table])[0] < 1e-20


def test_rounding_makes_no_constant_significant() -> None:
    labels = [
        (n_rows - n_positive, n_positive) for n_rows in range(2, 200) for n_positive in range(1, n_rows, 9)
    ]
    tables = [ContingencyTable(np.array([counts]), np.array([1])) for counts in labels]
    assert set(p_values_of(tables)) == {1.0}


def test_an_identifier_and_a_constant_are_not_significant(draw_noise: MakeTable) -> None:
    identifier = group(draw_noise(np.ones(5000, np.int64), 700, rng=np.random.default_rng(0)))
    constant = ContingencyTable(np.array([[4300, 700]]), np.array([1]))

    assert p_values_of([identifier, constant]) == [1.0, 1.0]


def test_z_counts_standard_deviations() -> None:
    assert z_score([0.3, 0.1], 0.2, [0.05, 0.0]) == pytest.approx([2.0, 0.0])


def test_scalars_give_arrays_without_dimension() -> None:
    assert p_value(0.2, 0.1, 0.1).shape == ()
    assert z_score(0.2, 0.1, 0.1).shape == ()


def test_q_values_agree_with_scipy() -> None:
    p = np.random.default_rng(0).random(200) ** 2

    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p), rel=1e-14)


def test_no_fields_have_no_q_values() -> None:
    assert benjamini_hochberg([]).shape == (0,)


@pytest.mark.parametrize(
    ("n_rows", "n_positive", "size"),
    [
        (20, 8, 5),
        (50, 25, 25),
        (1_000, 10, 50),
        (100_000, 500, 100),
        (1_000_000, 1_000, 3),
        (10_000_000, 100_000, 400),
    ],
)
@pytest.mark.parametrize("quantile", [0.001, 0.3, 0.999])
def test_the_p_value_of_two_values_sums_the_hypergeometric_law(n_rows, n_positive, size, quantile):
    law = hypergeom(n_rows, n_positive, size)
    support = np.arange(max(0, size + n_positive - n_rows), min(size, n_positive) + 1)
    tables = [
        ContingencyTable(
            np.array([[size - count, count], [n_rows - size - n_positive + count, n_positive - count]]),
            np.ones(2, np.int64),
        )
        for count in support
    ]
    information = np.array([mutual_information(table) for table in tables])
    place = int(law.ppf(quantile)) - support[0]
    expected = law.pmf(support)[information >= information[place] * (1 - 1e-9)].sum()
    assert two_value_p_value(tables[place]) == pytest.approx(expected, rel=1e-6)


def test_the_p_value_of_two_values_keeps_its_level_for_rare_values():
    rng = np.random.default_rng(8)
    n_rows, n_positive, size = 20_000, 200, 50
    positives = rng.hypergeometric(size, n_rows - size, n_positive, 20_000)
    p_values = {
        count: two_value_p_value(
            ContingencyTable(
                np.array([[size - count, count], [n_rows - size - n_positive + count, n_positive - count]]),
                np.ones(2, np.int64),
            )
        )
        for count in np.unique(positives)
    }
    # an exact test rejects at most as often as its level says; four standard errors of 20,000 draws
    for level in (0.05, 0.01, 0.001):
        share = np.mean([p_values[count] <= level for count in positives])
        assert share <= level + 4 * np.sqrt(level / 20_000)


@pytest.mark.parametrize(
    "counts",
    [
        np.array([[5, 1], [3, 2], [4, 4]]),
        np.array([[5.5, 1.0], [3.0, 2.0]]),
        np.array([[50_000, 50_000], [40_000, 60_000]]),
    ],
    ids=["three values", "fractional weights", "large cells"],
)
def test_the_exact_p_value_is_for_two_values_with_few_rows(counts):
    assert two_value_p_value(ContingencyTable(counts, np.ones(len(counts), np.int64))) is None
