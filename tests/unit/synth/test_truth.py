from __future__ import annotations

import json

import pytest

from featsel.synth.plan import plan_log
from featsel.synth.truth import MAX_LISTED_FEATURES, truth


@pytest.fixture(scope="module")
def document(plan):
    return truth(plan)


def test_it_survives_json(document):
    assert json.loads(json.dumps(document)) == document


def test_it_names_exactly_the_columns(document, log):
    assert [document["label"], document["time"], *document["fields"]] == log.columns


def test_every_field_has_one_place(document):
    placed = [
        *document["informative"],
        *document["noise"],
        *document["identifiers"],
        *document["drift"],
        *document["copies"],
        *document["leaks"],
        *(name for pair in document["interactions"] for name in pair),
    ]

    assert sorted(placed) == sorted(document["fields"])


def test_it_says_what_was_asked_for(document):
    assert document["schema"] == "featsel.truth/1"
    assert (document["rows"], document["seed"], document["positive_rate"]) == (40_000, 3, 0.1)
    assert sorted(copy["kind"] for copy in document["copies"].values()) == ["nested", "one_to_one"]
    assert sorted(document["leaks"].values()) == ["echo", "nulls"]
    assert {copy["source"] for copy in document["copies"].values()} <= set(document["informative"])


def test_the_strongest_informative_field_comes_first(document):
    strengths = [document["fields"][name]["information"] for name in document["informative"]]

    assert strengths == sorted(strengths, reverse=True)
    assert strengths[-1] > 0


def test_informative_features_are_values_of_the_log(document, log):
    text_fields = [name for name in document["informative"] if name.startswith("c")]
    seen = {name: set(log[name].unique()) for name in text_fields}

    first = {name: document["informative_features"][name]["values"][0] for name in text_fields}

    assert text_fields
    assert all(value in seen[name] for name, value in first.items())


def test_amounts_have_ranges_that_rows_fall_into(document, log):
    [amount] = [name for name in document["informative"] if name.startswith("price")]

    lowest, highest = document["informative_features"][amount]["ranges"][0]

    n_rows = log[amount].is_between(lowest, highest).sum()
    assert n_rows >= 0.04 * log.height  # a range holds at least one of twenty equal bands


def test_long_lists_of_features_are_cut_and_say_so():
    document = truth(
        plan_log(n_rows=4_000_000, n_fields=2, n_noise=0, n_redundant=0, n_interactions=0, n_drift=0)
    )

    longest = max(document["informative_features"].values(), key=lambda features: features["count"])

    assert document["listed_features"] == MAX_LISTED_FEATURES
    assert longest["count"] >= 1_000
    assert len(longest["values"]) == min(longest["count"], MAX_LISTED_FEATURES)
