"""For whom a field tells something is found on a log where that is known."""

import numpy as np
import pytest

from featsel.core.counts import ContingencyTable
from featsel.engines.pair_cells import count_cells
from featsel.ranking.domains import DomainVerdict, domain_scores, rank_domains
from featsel.stats import usable_information

CARDINALITIES = {
    "everywhere": 5,
    "everywhere_wide": 300,
    "first_only": 20,
    "last_only": 20,
    "turned": 10,
    "noise2": 2,
    "noise50": 50,
    "noise5000": 5_000,
}

TRUTH = {
    "everywhere": DomainVerdict.SHARED,
    "everywhere_wide": DomainVerdict.SHARED,
    "first_only": DomainVerdict.DOMAIN_ONLY,
    "last_only": DomainVerdict.DOMAIN_ONLY,
    "turned": DomainVerdict.DIFFERS,
    "noise2": DomainVerdict.NOISE,
    "noise50": DomainVerdict.NOISE,
    "noise5000": DomainVerdict.NOISE,
    "names_domain": DomainVerdict.NOISE,
}


def effects(rng, cardinality):
    drawn = rng.normal(0, 0.8, cardinality)
    return drawn - drawn.mean()


def plant(seed, n_rows, *, rate, shares):
    """Domains, fields and labels; the effects of a field are known by its name."""
    rng = np.random.default_rng(seed)
    domains = rng.choice(len(shares), n_rows, p=shares)
    last = domains == len(shares) - 1
    log_odds = np.log(rate / (1 - rate)) + rng.normal(0, 0.4, len(shares))[domains]
    factors = {
        "everywhere": np.ones(n_rows),
        "everywhere_wide": np.ones(n_rows),
        "first_only": domains == 0,
        "last_only": last,
        "turned": np.where(last, -1, 1),
    }
    fields = {}
    for name, cardinality in CARDINALITIES.items():
        share = np.arange(1, cardinality + 1) ** -0.8
        fields[name] = rng.choice(cardinality, n_rows, p=share / share.sum())
        log_odds += effects(rng, cardinality)[fields[name]] * factors.get(name, 0)
    fields["names_domain"] = domains * 5 + rng.integers(0, 5, n_rows)
    return domains, fields, (rng.random(n_rows) < 1 / (1 + np.exp(-log_odds))).astype(np.uint8)


def scored(domains, fields, labels):
    n_domains = int(domains.max()) + 1
    return {
        name: domain_scores(
            count_cells(codes, domains, labels, sizes=(int(codes.max()) + 1, n_domains)), n_domains
        )
        for name, codes in fields.items()
    }


LOGS = [
    (0.5, [0.5, 0.5], 40_000),
    (0.5, [0.95, 0.05], 60_000),
    (0.05, [0.95, 0.05], 120_000),
    (0.05, [0.4, 0.3, 0.25, 0.05], 120_000),
]
N_SEEDS = 3


@pytest.fixture(scope="module")
def verdicts():
    """Verdicts on several logs, from 5 % to 50 % positives, with domains of 5 % of the rows and more."""
    return [
        {
            field.name: field.verdict
            for field in rank_domains(scored(*plant(seed, n_rows, rate=rate, shares=shares))).fields
        }
        for rate, shares, n_rows in LOGS
        for seed in range(N_SEEDS)
    ]


@pytest.mark.parametrize("index", range(len(LOGS) * N_SEEDS))
def test_planted_effects_are_known_for_what_they_are(verdicts, index):
    planted = {name: verdict for name, verdict in TRUTH.items() if verdict is not DomainVerdict.NOISE}
    assert {name: verdicts[index][name] for name in planted} == planted


def test_noise_is_never_for_one_domain_nor_different_and_hardly_ever_shared(verdicts):
    noise = [name for name, verdict in TRUTH.items() if verdict is DomainVerdict.NOISE]
    found = [each[name] for each in verdicts for name in noise]
    assert set(found) <= {DomainVerdict.NOISE, DomainVerdict.SHARED}
    # q <= .01 lets one in a hundred finds be false; 60 real ones leave about .6
    assert found.count(DomainVerdict.SHARED) <= 3


def test_an_effect_that_turns_is_invisible_in_the_sum_and_found_in_the_parts():
    scores = scored(*plant(0, 60_000, rate=0.2, shares=[0.5, 0.5]))
    turned = next(field for field in rank_domains(scores).fields if field.name == "turned")
    assert turned.pooled_information < 0.1 * turned.within_information
    assert turned.differing_share > 0.8
    assert turned.n_reversed >= 3
    assert scores["everywhere"].n_reversed == 0
    assert scores["first_only"].n_reversed == 0


def test_within_information_is_the_mean_over_rows_of_each_domains_own():
    domains, fields, labels = plant(1, 20_000, rate=0.3, shares=[0.7, 0.3])
    score = scored(domains, fields, labels)["everywhere"]
    by_hand = []
    for domain in (0, 1):
        codes, clicks = fields["everywhere"][domains == domain], labels[domains == domain]
        counts = np.stack([np.bincount(codes[clicks == label], minlength=5) for label in (0, 1)], axis=1)
        by_hand.append(usable_information(ContingencyTable(counts, np.ones(5, np.int64))).nats)
    assert score.usable == pytest.approx(by_hand)
    share = (domains == 0).mean()
    assert score.within == pytest.approx(share * by_hand[0] + (1 - share) * by_hand[1])


def test_rows_of_no_domain_count_for_nothing():
    domains, fields, labels = plant(2, 20_000, rate=0.3, shares=[0.5, 0.3, 0.2])
    codes = fields["turned"]
    is_kept = domains < 2
    all_cells = count_cells(codes, domains, labels, sizes=(10, 3))
    kept = count_cells(codes[is_kept], domains[is_kept], labels[is_kept], sizes=(10, 2))
    with_rest, without = domain_scores(all_cells, 2), domain_scores(kept, 2)
    assert with_rest.usable.tolist() == without.usable.tolist()
    assert (with_rest.shared, with_rest.differing_p_value) == (without.shared, without.differing_p_value)


def test_a_field_of_one_value_is_noise():
    labels = np.tile([0, 1], 500).astype(np.uint8)
    domains = np.repeat([0, 1], 500)
    found = rank_domains(scored(domains, {"constant": np.zeros(1_000, np.int64)}, labels))
    assert found.fields[0].verdict is DomainVerdict.NOISE
    assert found.fields[0].ratio is None
    assert found.own_tables_gain is None


def test_in_a_domain_significant_fields_come_first_and_equal_ones_by_name():
    found = rank_domains(scored(*plant(0, 40_000, rate=0.3, shares=[0.5, 0.5])))
    first, last = ([field.name for field in fields] for fields in found.domains)
    assert set(first[:4]) == {"everywhere", "everywhere_wide", "first_only", "turned"}
    assert set(last[:4]) == {"everywhere", "everywhere_wide", "last_only", "turned"}
    assert [field.rank for field in found.domains[0]] == list(range(1, len(first) + 1))
    amounts = [field.usable_information for field in found.domains[0][:4]]
    assert amounts == sorted(amounts, reverse=True)
    assert found.own_tables_gain is not None
    assert found.own_tables_gain > 0.1


def test_weights_are_repeated_rows():
    domains, fields, labels = plant(3, 2_000, rate=0.3, shares=[0.5, 0.5])
    codes, weights = fields["turned"], np.random.default_rng(3).integers(1, 4, 2_000)
    rows = [np.repeat(each, weights) for each in (codes, domains, labels)]
    repeated = domain_scores(count_cells(*rows, sizes=(10, 2)), 2)
    weighed = domain_scores(
        count_cells(codes, domains, labels, sizes=(10, 2), weights=weights.astype(float)), 2
    )
    for name in ("shared", "within", "differing_p_value", "within_p_value"):
        assert getattr(weighed, name) == pytest.approx(getattr(repeated, name))
