"""Real logs are ranked as a person who knows them would."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from featsel.cli.app import run

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real logs are not beside the project")

LOGS = {
    "adult_49k": ["split"],
    "avazu_kaggle_10k": [],
    "bank_marketing_41k": [],
    "criteo_kaggle_10k": [],
    "diabetes130_102k": [],
    "frappe_87k": ["split"],
    "ipinyou_48k": ["split"],
    "movielens1m_ratings_100k": ["ts"],
    "porto_seguro_10k": [],
    "talkingdata_100k": ["click_time"],
}


@pytest.fixture(scope="module")
def rankings(tmp_path_factory):
    """Ranking documents by log, each made once."""
    folder = tmp_path_factory.mktemp("rankings")
    made = {}

    def ranking(log, *options):
        key = (log, *options)
        if key not in made:
            path = folder / f"{len(made)}.json"
            assert run(["rank", str(DATA / f"{log}.parquet"), "-o", str(path), "-q", *options]) == 0
            made[key] = json.loads(path.read_text())
        return made[key]

    return ranking


def verdicts(ranking):
    return {field["name"]: field["verdict"] for field in ranking["fields"]}


@pytest.mark.parametrize("log", LOGS)
def test_information_and_its_expectation_are_scikit_learns(rankings, log, capsys):
    exclude = [part for name in LOGS[log] for part in ("--exclude", name)]
    document = rankings(log, *exclude)
    capsys.readouterr()
    frame = pl.read_parquet(DATA / f"{log}.parquet")
    labels = frame["label"].to_numpy()
    wrong = {}
    for field in document["fields"]:
        # a numeric field with more values than bins is scored on its bins
        if field["kind"] == "numeric" and field["cardinality"] > document["options"]["bins"]:
            continue
        codes = frame[field["name"]].rank("dense").fill_null(0).to_numpy().astype(np.int64)
        information = mutual_info_score(labels, codes)
        chance = expected_mutual_information(contingency_matrix(labels, codes, sparse=True), labels.size)
        is_equal = (
            field["cardinality"] == np.unique(codes).size
            and abs(field["mutual_information"] - information) < 1e-9
            # scikit-learn's own rounding reaches 1e-7 where clicks are rare
            and field["expected_mutual_information"] == pytest.approx(chance, rel=1e-7, abs=1e-12)
        )
        if not is_equal:
            wrong[field["name"]] = (field, information, chance)
    assert not wrong


@pytest.mark.parametrize(
    ("log", "field", "verdict"),
    [
        ("talkingdata_100k", "attributed_time", "leak"),
        ("kuairand_pure_92k", "post_play_time_ms", "leak"),
        ("movielens1m_ratings_100k", "rating", "leak"),
        ("avazu_kaggle_10k", "id", "identifier"),
        ("avazu_kaggle_10k", "hour", "constant"),
        ("diabetes130_102k", "encounter_id", "identifier"),
        ("diabetes130_102k", "examide", "constant"),
        ("porto_seguro_10k", "id", "identifier"),
        ("ipinyou_usertags_4k", "BidID", "identifier"),
        ("frappe_87k", "item", "informative"),
        ("frappe_87k", "user", "noise"),
        ("frappe_87k", "weekday", "noise"),
        ("kuairand_pure_92k", "user_id", "informative"),
        ("talkingdata_100k", "app", "informative"),
        ("criteo_kaggle_10k", "I6", "informative"),
    ],
)
def test_a_known_field_has_its_verdict(rankings, log, field, verdict):
    assert verdicts(rankings(log))[field] == verdict


def test_most_calculated_columns_of_porto_are_noise(rankings):
    calculated = [
        verdict for name, verdict in verdicts(rankings("porto_seguro_10k")).items() if "_calc_" in name
    ]
    assert calculated.count("noise") == len(calculated) == 20


def test_one_to_one_columns_score_alike(rankings):
    fields = {field["name"]: field for field in rankings("adult_49k", "--exclude", "split")["fields"]}
    text, number = fields["education"], fields["education_num"]
    assert text["mutual_information"] == pytest.approx(number["mutual_information"], abs=1e-12)
    assert text["cardinality"] == number["cardinality"]


def test_the_criteo_text_file_ranks_as_its_parquet_copy(rankings, capsys):
    path = DATA / "raw" / "criteo_kaggle_10k_noheader.tsv"
    assert run(["rank", str(path), "--format", "criteo", "--json", "-q"]) == 0
    assert json.loads(capsys.readouterr().out)["fields"] == rankings("criteo_kaggle_10k")["fields"]


def test_two_million_rows_of_movielens_put_the_movie_first(rankings):
    ranking = rankings("movielens1m_implicit_2m")
    assert ranking["fields"][0]["name"] == "movie_id"
    assert verdicts(ranking)["user_id"] == "noise"


@pytest.mark.parametrize(
    ("log", "options", "relations"),
    [
        ("adult_49k", ["--exclude", "split"], {("education", "education_num"): None}),
        (
            "movielens1m_implicit_2m",
            [],
            {
                **{
                    tuple(sorted(("user_id", name))): "user_id"
                    for name in ("gender", "age", "occupation", "zip")
                },
                **{tuple(sorted(("movie_id", name))): "movie_id" for name in ("year", "genres")},
            },
        ),
    ],
)
def test_fields_that_determine_others_are_those_that_are_known_to(rankings, capsys, log, options, relations):
    document = rankings(log, "--redundancy", *options)
    capsys.readouterr()
    found = {
        tuple(sorted(pair["fields"])): pair["determines"]
        for pair in document["redundancy"]["pairs"]
        if pair["relation"] != "overlapping"
    }
    assert found == relations
    whole = {tuple(sorted(p["fields"])) for p in document["redundancy"]["pairs"] if p["redundancy"] == 1}
    assert set(relations) <= whole
