"""The selector is a scikit-learn transformer like any other, and keeps what is planted."""

import doctest
import json
import pickle
import re

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

import featsel
import featsel.sklearn
from featsel.cli.app import run
from featsel.sklearn import InformationSelector

N_ROWS = 600


@pytest.fixture(scope="module")
def clicks():
    """Text, missing numbers and lists that tell of the label, and noise; the label is text."""
    rng = np.random.default_rng(0)
    site = rng.choice(["a", "b", "c"], N_ROWS)
    price = rng.normal(size=N_ROWS)
    tag = rng.random(N_ROWS) < 0.5
    logits = 2 * (site == "a") + price + 2 * tag - 1.5
    frame = pl.DataFrame(
        {
            "noise": rng.normal(size=N_ROWS),
            "site": site,
            "browser": rng.choice(["x", "y", "z"], N_ROWS),
            "price": [None if value > 1.5 else value for value in price.tolist()],
            "tags": [["p", "q"] if is_set else ["q"] for is_set in tag.tolist()],
            "row": [f"r{row}" for row in range(N_ROWS)],
            "one": [1] * N_ROWS,
        }
    )
    return frame, np.where(rng.random(N_ROWS) < 1 / (1 + np.exp(-logits)), "yes", "no")


@pytest.fixture(scope="module")
def flat(clicks):
    frame, labels = clicks
    return frame.drop("tags"), labels


@pytest.fixture(scope="module")
def pandas():
    return pytest.importorskip("pandas", reason="pandas is not installed")


def as_pandas(pandas, frame):
    columns = pandas.DataFrame(
        {name: frame[name].to_list() for name in frame.columns}, index=range(7, 7 + N_ROWS)
    )
    return columns.astype({"site": "category"})


@parametrize_with_checks(
    [InformationSelector(), InformationSelector(k=2), InformationSelector(threshold=0.01, keep_leaks=True)]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_it_is_an_estimator_as_scikit_learn_wants_it(estimator, check):
    check(estimator)


def test_it_keeps_exactly_what_is_planted(tmp_path):
    path = tmp_path / "log.parquet"
    options = ["--rows", "20000", "--fields", "16", "--leak", "--seed", "3", "--quiet"]
    assert run(["synth", str(path), *options]) == 0
    truth = json.loads((tmp_path / "log.truth.json").read_text())
    log = pl.read_parquet(path)
    fields = log.drop("label", "day")
    selector = InformationSelector().fit(fields, log["label"])
    kept = set(selector.get_feature_names_out())
    assert kept == {*truth["informative"], *truth["copies"]}
    with_leaks = InformationSelector(keep_leaks=True).fit(fields, log["label"])
    assert set(with_leaks.get_feature_names_out()) == kept | set(truth["leaks"])
    assert selector.ranking_.equals(featsel.rank(log, exclude="day"))


def test_columns_are_kept_by_verdict_number_and_score(clicks):
    frame, labels = clicks
    plain = InformationSelector().fit(frame, labels)
    assert list(plain.get_feature_names_out()) == ["site", "price", "tags"]
    order = plain.ranking_["name"].to_list()
    assert order[:3] == sorted(order[:3], key=lambda name: -plain.scores_[frame.columns.index(name)])
    for k in (1, 2, 3):
        assert set(InformationSelector(k).fit(frame, labels).get_feature_names_out()) == set(order[:k])
    # noise fills up what is asked for, a row id and a constant never do
    most = InformationSelector(100).fit(frame, labels)
    assert set(most.get_feature_names_out()) == {"noise", "site", "browser", "price", "tags"}
    second = plain.scores_[frame.columns.index(order[1])]
    best = InformationSelector(threshold=second).fit(frame, labels)
    assert set(best.get_feature_names_out()) == set(order[:2])
    both = InformationSelector(1, threshold=second).fit(frame, labels)
    assert list(both.get_feature_names_out()) == order[:1]


def test_scores_are_those_of_a_ranking_in_the_order_of_the_columns(flat):
    frame, labels = flat
    ranking = featsel.rank(frame.with_columns(click=labels == "yes"), "click", score="z")
    selector = InformationSelector(criterion="z").fit(frame, labels)
    assert selector.ranking_.equals(ranking)
    assert dict(zip(frame.columns, selector.scores_, strict=True)) == dict(
        ranking.select("name", "score").rows()
    )
    assert selector.classes_.tolist() == ["no", "yes"]
    assert selector.support_.tolist() == selector.get_support().tolist()


def test_polars_stays_polars(clicks):
    frame, labels = clicks
    kept = InformationSelector().fit_transform(frame, labels)
    assert kept.equals(frame.select("site", "price", "tags"))


def test_pandas_stays_pandas(clicks, pandas):
    frame = as_pandas(pandas, clicks[0])
    selector = InformationSelector()
    kept = selector.fit_transform(frame, clicks[1])
    pandas.testing.assert_frame_equal(kept, frame[["site", "price", "tags"]])
    assert selector.ranking_.equals(InformationSelector().fit(*clicks).ranking_)


def test_arrays_and_lists_become_arrays(flat):
    frame, labels = flat
    rows = frame.rows()
    for table in (rows, np.array(rows, object)):
        selector = InformationSelector().fit(table, labels)
        assert selector.get_feature_names_out().tolist() == ["x1", "x3"]
        kept = selector.transform(table)
        assert isinstance(kept, np.ndarray)
        assert [tuple(row) for row in kept.tolist()] == frame.select("site", "price").rows()


def test_a_list_of_rows_keeps_numbers_beside_text(flat):
    frame, labels = flat
    complete = frame.with_columns(pl.col("price").fill_null(9.0))
    selector = InformationSelector().fit([list(row) for row in complete.rows()], labels)
    kinds = dict(selector.ranking_.select("name", "kind").rows())
    assert (kinds["x1"], kinds["x3"]) == ("categorical", "numeric")


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_the_output_can_be_set(flat, container):
    pytest.importorskip(container)
    frame, labels = flat
    numbers = frame.select("noise", pl.col("price").fill_null(9.0)).to_numpy()
    kept = InformationSelector().set_output(transform=container).fit_transform(numbers, labels)
    assert type(kept).__module__.partition(".")[0] == container
    assert list(kept.columns) == ["x1"]


def search_for_k(frame, labels):
    """The best number of columns for a tree, which cannot do without the site and the price."""
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=5)
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    pipeline = Pipeline([("selector", InformationSelector()), ("encode", encode), ("tree", tree)])
    grid = {"selector__k": [1, 2, 3]}
    search = GridSearchCV(pipeline, grid, cv=3, scoring="roc_auc", error_score="raise").fit(frame, labels)
    assert search.predict(frame).shape == labels.shape
    return search.best_params_["selector__k"], set(search.best_estimator_[0].get_feature_names_out())


def test_pipelines_search_for_k_on_polars(flat):
    frame, labels = flat
    k, kept = search_for_k(frame.select("browser", "site", pl.col("price").round(0)), labels)
    assert (k >= 2, kept >= {"site", "price"}) == (True, True)


def test_pipelines_search_for_k_on_pandas(flat, pandas):
    frame, labels = flat
    table = as_pandas(pandas, frame.select("browser", "site", pl.col("price").round(0)))
    k, kept = search_for_k(table, labels)
    assert (k >= 2, kept >= {"site", "price"}) == (True, True)


def test_a_copy_and_a_pickle_do_the_same(flat):
    frame, labels = flat
    selector = InformationSelector(k=2, categorical=["browser"]).fit(frame, labels)
    copy = pickle.loads(pickle.dumps(selector))
    assert copy.transform(frame).equals(selector.transform(frame))
    assert copy.ranking_.equals(selector.ranking_)
    assert clone(selector).get_params() == selector.get_params()


def test_it_beats_a_linear_score_where_the_effect_bends():
    rng = np.random.default_rng(0)
    bent, straight = rng.normal(size=(2, 2000))
    noise = rng.normal(size=(2000, 4))
    y = rng.random(2000) < 1 / (1 + np.exp(3 - 3 * bent**2 - 1.5 * straight))
    table = np.column_stack([noise, bent, straight])
    assert InformationSelector().fit(table, y).get_support(indices=True).tolist() == [4, 5]
    assert 4 not in SelectKBest(k=1).fit(table, y).get_support(indices=True)


@pytest.mark.filterwarnings("ignore:weight 'sample_weight' averages")
def test_weights_count_as_repeated_rows(flat):
    frame, labels = flat
    weights = np.random.default_rng(1).integers(1, 4, N_ROWS)
    repeated = np.repeat(np.arange(N_ROWS), weights)
    weighted = InformationSelector().fit(frame.drop("row"), labels, sample_weight=weights)
    plain = InformationSelector().fit(frame.drop("row")[repeated], labels[repeated])
    assert weighted.scores_ == pytest.approx(plain.scores_, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("named", [["price"], [3], np.array([False, False, False, True, False, False])])
def test_kinds_can_be_said_by_name_place_or_mask(flat, named):
    frame, labels = flat
    selector = InformationSelector(categorical=named).fit(frame, labels)
    assert dict(selector.ranking_.select("name", "kind").rows())["price"] == "categorical"


def test_a_name_is_no_pattern(flat):
    frame, labels = flat
    odd = frame.select(pl.col("price").alias("p*"), pl.col("noise").alias("pq"), pl.col("site").alias("p[q]"))
    kinds = InformationSelector(categorical=["p*"]).fit(odd, labels).ranking_.select("name", "kind").rows()
    assert dict(kinds) == {"p*": "categorical", "pq": "numeric", "p[q]": "categorical"}


def test_columns_called_as_the_label_do_no_harm(flat):
    frame, labels = flat
    odd = frame.select(pl.col("price").alias("y"), pl.col("noise").alias("sample_weight"), "site")
    selector = InformationSelector().fit(odd, labels, sample_weight=np.ones(N_ROWS))
    assert selector.get_feature_names_out().tolist() == ["y", "site"]


def test_a_column_that_cannot_be_ranked_has_no_score(flat):
    frame, labels = flat
    odd = frame.with_columns(pair=pl.struct("site", "price"))
    with pytest.warns(featsel.FeatselWarning, match="^column 'pair' is left out: "):
        selector = InformationSelector().fit(odd, labels)
    assert np.isnan(selector.scores_[-1])
    assert not selector.support_[-1]


def test_columns_whose_names_are_numbers_are_named_as_scikit_learn_names_them(clicks, pandas):
    frame = as_pandas(pandas, clicks[0])
    frame.columns = range(frame.shape[1])
    selector = InformationSelector().fit(frame, clicks[1])
    assert selector.get_feature_names_out().tolist() == ["x1", "x3", "x4"]
    assert list(selector.transform(frame).columns) == [1, 3, 4]


def test_no_column_is_kept_where_all_is_noise(flat):
    frame, labels = flat
    selector = InformationSelector().fit(frame.select("noise"), labels)
    with pytest.warns(UserWarning, match="^no column is kept: none tells of the label more than chance$"):
        assert selector.transform(frame.select("noise")).width == 0


def test_other_columns_than_those_of_fit_are_refused(flat):
    frame, labels = flat
    selector = InformationSelector().fit(frame, labels)
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        selector.transform(frame.select(reversed(frame.columns)))


def test_a_scikit_learn_that_does_not_see_names_is_refused(flat, monkeypatch):
    monkeypatch.setattr(featsel.sklearn, "validate_data", lambda *_, **__: None)
    with pytest.raises(
        ValueError, match=r"^scikit-learn \d.* does not see the column names of polars frames; "
    ):
        InformationSelector().fit(*flat)


def test_names_that_occur_twice_are_refused(pandas):
    frame = pandas.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    with pytest.raises(ValueError, match=r"^column 'a' occurs twice; Rename one of them, or drop it\.$"):
        InformationSelector().fit(frame, [0, 1])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            ["a", "b", "c"] * 2,
            r"^y must have two values, but it has 3: 'a', 'b', 'c'\. Columns are ranked against",
        ),
        (list(range(3)) * 2, r"y must have two values, but it has 3: 0, 1, 2\."),
        (["a"] * 6, r"y must have two values, but it has 1: 'a'\."),
        (["a", None, "b"] * 2, "y holds missing values; drop the rows without a label$"),
        ([0, 1, float("nan")] * 2, "y holds missing values|contains NaN"),
        ([0.5, 1.5, 2.5] * 2, "Unknown label type: continuous"),
        (None, "requires y to be passed"),
        ([0, 1], r"Found input variables with inconsistent numbers of samples: \[6, 2\]"),
    ],
)
@pytest.mark.parametrize("as_frame", [True, False])
def test_a_label_without_two_values_is_refused(labels, message, as_frame):
    table = pl.DataFrame({"f": [1, 2, 3, 1, 2, 3]})
    with pytest.raises(ValueError, match=message):
        InformationSelector().fit(table if as_frame else table.to_numpy(), labels)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"k": 0}, "k is 0; give a number of columns, 1 or more, or None"),
        ({"criterion": "chi2"}, "score is 'chi2', which does not exist; "),
        ({"bins": 1}, "bins is 1; Give a number, from 2 to 1,000."),
        ({"categorical": "site"}, "categorical is 'site'; give 'auto', or a list of columns"),
        ({"numeric": ["sight"]}, "numeric names column 'sight', which X does not have"),
        ({"numeric": [6]}, "numeric names column 6, which X does not have"),
        ({"categorical": [True]}, "categorical is a mask of 1 columns, but X has 6"),
    ],
)
def test_a_wrong_parameter_is_named(flat, asked, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        InformationSelector(**asked).fit(*flat)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(N_ROWS), "all sample weights are zero"),
        (np.ones(3), "sample_weight has the shape (3,), y has (600,)"),
        (np.full(N_ROWS, -1.0), "weight 'sample_weight' holds -1.0; Weights are numbers from 0"),
    ],
)
def test_wrong_weights_are_refused(flat, weights, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        InformationSelector().fit(*flat, sample_weight=weights)


def test_threads_change_nothing(flat):
    one, all_cores = (InformationSelector(n_jobs=n_jobs).fit(*flat) for n_jobs in (None, -1))
    assert one.ranking_.equals(all_cores.ranking_)


def test_it_stands_before_an_encoder_of_numbers(flat):
    frame, labels = flat
    model = make_pipeline(InformationSelector(), LogisticRegression())
    model.fit(frame.select(pl.col("price").fill_null(2.0), "noise"), labels)
    assert model[-1].coef_.shape == (1, 1)


def test_the_examples_of_the_docstrings_are_right():
    failed, tried = doctest.testmod(featsel.sklearn)
    assert (failed, tried > 3) == (0, True)
