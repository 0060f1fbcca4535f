"""A profile comes back from its file as it was; whatever is wrong with the file is told."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.artifacts import profiles
from featsel.artifacts.packing import pack
from featsel.artifacts.profile_arrays import (
    pack_categories,
    pack_marks,
    pack_numbers,
    unpack_categories,
    unpack_numbers,
    unpack_rows,
    unpack_sample,
)
from featsel.artifacts.profiles import is_profile, read_profile, write_profile
from featsel.core.errors import ConfigError, MissingFileError, UnreadableFileError
from featsel.core.profile import (
    Categories,
    Example,
    FieldScores,
    LabelProfile,
    MarkCounts,
    Numbers,
    Oddity,
    Relations,
    RowCounts,
    TimeProfile,
)
from featsel.core.schema import FieldKind
from tests.unit.core.profile_examples import (
    SCORES,
    as_plain,
    categories_of,
    field_of,
    log_of,
    mark_of,
    numbers_of,
)

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "profile.schema.json"
SAMPLE = MarkCounts(np.array([3, 7, 1 << 47], np.uint64), np.array([[1, 0], [0, 2], [5, 1]]))
CATEGORIES = categories_of({1: (50, 3), 2: (7, 0), 3: (1, 0)}, n_head=2)
LOG = log_of(
    field_of(
        "C1",
        CATEGORIES,
        n_null=4,
        n_null_positive=1,
        scores=SCORES,
        top_text="secret one",
        odd={Oddity.PADDED: 3},
        examples={Oddity.PADDED: Example(7, " secret two")},
        texts={mark_of(1): "secret one", mark_of(2): "secret: [three]", 12345: "of no value that is kept"},
    ),
    field_of("I1", numbers_of([-1.5, 0.1, 1e300, -math.inf], [0, 1, 0, 1], n_bins=2)),
    field_of("nothing", numbers_of([], []), scores=FieldScores(math.nan, math.nan, math.nan, math.nan, "x")),
    replace(field_of("tags", CATEGORIES), kind=FieldKind.MULTIVALUED, n_rows=200),
    label=LabelProfile("click", 12, 1, 2, ("secret four",), 9),
    time=TimeProfile("hour", 10.0, 17.25, 1, 2, 2.0, np.array([3, 0, 0, 9]), is_calendar=True),
    rows=RowCounts(7, 5, 2, 1, SAMPLE, ("C1", "I1")),
    relations=Relations(5, (("C1", "tags"),), (("C1", "I1"),), (("C1", "tags", 0.99),)),
    rank_agreement=0.75,
    n_days=3,
)
SOURCE = {"paths": ["day.parquet"], "fingerprint": "sha256:0"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "good-day.json"


@pytest.fixture
def document(path):
    write_profile(path, LOG, source=SOURCE, keeps_values=True)
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_profile_with_its_values_comes_back(path):
    write_profile(path, LOG, source=SOURCE, keeps_values=True)
    texts = {mark_of(1): "secret one", mark_of(2): "secret: [three]"}
    expected = replace(LOG, fields=(replace(LOG.fields[0], texts=texts), *LOG.fields[1:]))
    assert as_plain(read_profile(path)) == as_plain(expected)


def test_without_its_values_no_text_of_the_log_is_in_the_file(path):
    write_profile(path, LOG, source=SOURCE, keeps_values=False)
    assert "secret" not in path.read_text(encoding="utf-8")
    read = read_profile(path)
    first = read.fields[0]
    assert (first.top_text, first.texts, first.examples, read.label.foreign) == (None, {}, {}, ())
    assert first.odd == {Oddity.PADDED: 3}
    assert as_plain(first.values) == as_plain(LOG.fields[0].values)


def test_a_log_without_anything_comes_back(path):
    write_profile(path, log_of(), source={}, keeps_values=False)
    assert as_plain(read_profile(path)) == as_plain(log_of())


@pytest.mark.parametrize("keeps_values", [False, True])
def test_the_document_is_what_the_schema_says(path, keeps_values):
    write_profile(path, LOG, source=SOURCE, keeps_values=keeps_values)
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert (document["schema"], document["source"]) == ("featsel.profile/1", SOURCE)
    assert document["keeps_values"] is keeps_values


def test_equal_profiles_are_equal_bytes(path, tmp_path):
    write_profile(path, LOG, source=SOURCE, keeps_values=True)
    other = tmp_path / "other.json"
    write_profile(other, read_profile(path), source=SOURCE, keeps_values=True)
    assert other.read_bytes() == path.read_bytes()


def test_texts_beyond_what_a_reader_takes_are_left_out(path, monkeypatch):
    monkeypatch.setattr(profiles, "TEXT_VALUES", 5)
    write_profile(path, LOG, source=SOURCE, keeps_values=True)
    assert read_profile(path).fields[0].texts == {mark_of(1): "secret one"}


def test_a_profile_is_told_from_a_log(path, tmp_path):
    write_profile(path, LOG, source=SOURCE, keeps_values=False)
    assert is_profile(path)
    log = tmp_path / "log.json"
    log.write_text('{"schema": "other", "click": 1}\n')
    assert not is_profile(log)
    assert not is_profile(tmp_path / "absent.json")


def test_a_profile_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        write_profile(tmp_path / "absent" / "x.json", LOG, source={}, keeps_values=False)


def zipf_field(place, rng):
    """A field of a log of a million rows as there are: ids, categories of some hundred values, or numbers."""
    if place % 4 == 0:
        numbers = np.unique(rng.lognormal(3, 2, 64))
        rows = rng.multinomial(1_000_000, np.full(numbers.size, 1 / numbers.size))
        positive = rng.binomial(rows, 0.03)
        counts = np.stack([rows - positive, positive], axis=1)
        values = Numbers(numbers, counts, 0.001, 900_000, 800_000, 0, 0, 0)
    else:
        shares = 1 / np.arange(1, (100, 1_000, 30_000, 100_000)[place // 4 % 4] + 1) ** rng.uniform(0.8, 1.2)
        rows = rng.multinomial(1_000_000, shares / shares.sum())
        rows = rows[rows > 0]
        marks = np.sort(rng.integers(0, 1 << 48, rows.size, dtype=np.uint64))
        positive = rng.binomial(rows, 0.03)
        counts = np.stack([rows - positive, positive], axis=1)
        buckets = np.zeros((256, 2), np.int64)
        np.add.at(buckets, (marks >> np.uint64(40)).astype(np.int64), counts)
        top = np.lexsort((marks, -rows))[:32]
        values = Categories(
            MarkCounts(marks[top], counts[top]),
            MarkCounts(marks[:64], counts[:64]),
            buckets,
            rows.size,
            int(np.count_nonzero(rows == 1)),
            int(rows[rows < 10].sum()),
        )
    return field_of(f"some_field_{place}", values, n_null=int(rng.integers(0, 9999)), scores=SCORES)


def test_a_thousand_fields_take_less_than_two_megabytes(path):
    rng = np.random.default_rng(1)
    fields = [zipf_field(place, rng) for place in range(40)] * 25
    log = log_of(*(replace(field, name=f"{field.name}_{place}") for place, field in enumerate(fields)))
    write_profile(path, log, source=SOURCE, keeps_values=False)
    assert path.stat().st_size < 2_000_000
    assert as_plain(read_profile(path).fields[39]) == as_plain(log.fields[39])


def changed(document, place, value):
    """The document with another value at a place; Ellipsis takes it away."""
    *way, last = place
    inner = document
    for key in way:
        inner = inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return document


DAMAGED = "the file is damaged: "


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (
            ["schema"],
            "featsel.profile/2",
            "has schema 'featsel.profile/2', but featsel .* reads featsel.profile/1",
        ),
        (["schema"], ..., "has no schema, but"),
        (["rows"], -1, "rows: -1 is out of range: expected at least 0"),
        (["rows"], 1.5, "rows: 1.5, expected a whole number"),
        (["rows"], 10**30, "rows: .* is out of range"),
        (["rank_agreement"], "x", "rank_agreement: 'x', expected a number"),
        (["pickle"], "x", "pickle: unknown key"),
        (["fields"], ..., "'fields' is missing"),
        (["columns", 0], ["C1", "text"], r"columns\[0\]: 2 items, expected 3"),
        (["columns", 0, 1], "texts", r"columns\[0\]\[1\]: 'texts' is none of"),
        (["fields", 0, "name"], "I1", "fields: 'I1' is there twice"),
        (["fields", 0, "kind"], "number", r"fields\[0\].kind: 'number' is none of"),
        (["fields", 0, "counts"], [1, 2], r"fields\[0\].counts: 2 items, expected 7"),
        (["fields", 0, "counts"], 3, r"fields\[0\].counts: 3, expected a list"),
        (["fields", 0, "counts", 1], -4, r"fields\[0\].counts\[1\]: -4 is out of range"),
        (["fields", 0, "counts", 1], 99, r"fields\[0\].counts: a part is larger than its whole"),
        (["fields", 0, "counts", 5], 99, r"fields\[0\].counts: a part is larger than its whole"),
        (["fields", 0, "values"], "", rf"fields\[0\].values: {DAMAGED}the checksum does not fit"),
        (["fields", 0, "values"], 7, r"fields\[0\].values: 7, expected text"),
        (["fields", 0, "values"], "\u00e9", rf"fields\[0\].values: {DAMAGED}"),
        (["fields", 0, "scores"], [1, 2, 3, 4], r"fields\[0\].scores: 4 items, expected 5"),
        (["fields", 0, "scores", 0], "x", r"fields\[0\].scores\[0\]: 'x', expected a number"),
        (["fields", 0, "odd"], {"strange": 1}, r"fields\[0\].odd: 'strange' is none of"),
        (["fields", 0, "odd"], 1, r"fields\[0\].odd: 1, expected a mapping"),
        (
            ["fields", 0, "examples"],
            {"empty": [0, "x"]},
            r"fields\[0\].examples.empty\[0\]: 0 is out of range",
        ),
        (["fields", 0, "examples"], {"empty": 3}, r"fields\[0\].examples.empty: 3, expected a list"),
        (["fields", 0, "texts"], {"-1": "x"}, r"fields\[0\].texts: '-1' is no mark of a value"),
        (["fields", 0, "texts"], 3, r"fields\[0\].texts: 3, expected a mapping"),
        (["time", "slots"], pack([]), f"time.slots: {DAMAGED}0 arrays, expected 1"),
        (["time", "width"], 0, "time.width: 0.0 is not above 0"),
        (["time", "is_calendar"], 1, "time.is_calendar: 1, expected true or false"),
        (["label", "foreign_values"], [1], r"label.foreign_values\[0\]: 1, expected text"),
        (["relations", "nested"], [["a"]], r"relations.nested\[0\]: 1 items, expected 2"),
        (["relations", "leaks"], [["a", 1, 2]], r"relations.leaks\[0\]\[1\]: 1, expected text"),
        (["relations", "leaks"], [3], r"relations.leaks\[0\]: 3, expected a list"),
        (["repeats"], 3, "repeats: 3, expected a mapping"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(path, document, place, value, message):
    path.write_text(json.dumps(changed(document, place, value)), encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read_profile(path)
    assert str(path) in caught.value.message
    assert caught.value.hint == "Save it anew with featsel check LOG --save-profile FILE."


def test_everything_wrong_is_told_at_once(path, document):
    changed(changed(document, ["rows"], -1), ["days"], "x")
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=r"has 2 problems:\n  rows: .*\n  days: "):
        read_profile(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JSON"),
        (b"PAR1", "no JSON"),
        (b'{"schema": "featsel.profile/1", "schema": "x"}', "schema: the key is there twice"),
        (b"[1, 2]", "has no schema"),
        (b"\xff\xfe", "the text is not UTF-8"),
        (b'{"schema": "featsel.profile/1", "rank_agreement": NaN}', "rank_agreement: nan is not finite"),
        (b"[" * 100_000, "levels of values inside values"),
    ],
)
def test_what_is_no_profile_is_refused(path, content, message):
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=message):
        read_profile(path)


def test_a_missing_profile_is_an_error(path):
    with pytest.raises(MissingFileError, match=r"good-day\.json' does not exist"):
        read_profile(path)


def test_a_folder_is_no_profile(tmp_path):
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        read_profile(tmp_path)


def test_a_file_beyond_reason_is_refused(path, monkeypatch):
    write_profile(path, LOG, source=SOURCE, keeps_values=True)
    monkeypatch.setattr(profiles, "LARGEST_BYTES", 100)
    with pytest.raises(UnreadableFileError, match="is larger than"):
        read_profile(path)


@given(st.data())
def test_a_file_with_another_letter_is_refused_or_a_profile_as_well(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("profile") / "x.json"
    write_profile(path, LOG, source={}, keeps_values=False)
    text = path.read_text(encoding="utf-8")
    start = data.draw(
        st.sampled_from([each.end() for each in re.finditer(r'"(values|slots|sample)":"', text)])
    )
    place = data.draw(st.integers(start, text.index('"', start) - 1))
    path.write_text(text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :], encoding="utf-8")
    try:
        read = read_profile(path)
    except UnreadableFileError:
        return
    write_profile(path, LOG, source={}, keeps_values=False)  # the last letter of a text has bits to spare
    assert as_plain(read) == as_plain(read_profile(path))


def words(*arrays):
    return pack([np.array(array, np.uint64) for array in arrays])


BUCKET = ([1], [0], [0])
NO_VALUES = ([], [], [], [0])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((*BUCKET, *NO_VALUES), "7 arrays, expected 11"),
        (([], [], [0], *NO_VALUES, *NO_VALUES), "0 buckets, expected a power of two"),
        (([1, 1, 1], [0, 0, 0], [0], *NO_VALUES, *NO_VALUES), "3 buckets, expected a power of two"),
        (([1, 1], [0], [0], *NO_VALUES, *NO_VALUES), "differ in length"),
        (([1], [0], [], *NO_VALUES, *NO_VALUES), "differ in length"),
        (([1], [0], [2], *NO_VALUES, *NO_VALUES), "more positive rows than rows"),
        (([1], [1], [0], *NO_VALUES, *NO_VALUES), "a count is negative"),
        (([1], [4], [0], *NO_VALUES, *NO_VALUES), "a count is negative"),
        (([1 << 63], [0], [0], *NO_VALUES, *NO_VALUES), "a count is too large"),
        (([1], [1 << 63], [0], *NO_VALUES, *NO_VALUES), "a count is too large"),
        (([1 << 61] * 4, [0] * 4, [0], *NO_VALUES, *NO_VALUES), "the counts are too large"),
        ((*BUCKET, [5], [], [], [0], *NO_VALUES), "more values than counts"),
        ((*BUCKET, [1 << 48], [1], [0], [0], *NO_VALUES), "a mark is too large"),
        ((*BUCKET, [5, 1], [1, 2], [0, 0], [0], *NO_VALUES), "the most frequent values are not in order"),
        ((*BUCKET, [5, 0], [1, 1], [0, 0], [0], *NO_VALUES), "the most frequent values have one twice"),
        (
            (*BUCKET, *NO_VALUES, [5, (1 << 48) - 1], [1, 1], [0, 0], [0]),
            "the sample does not ascend",
        ),
    ],
)
def test_arrays_that_are_no_categories_are_refused(arrays, message):
    with pytest.raises(ValueError, match=message):
        unpack_categories(words(*arrays))


ZERO = 1 << 63
"""The word of 0.0."""


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (([], []), "2 arrays, expected 5"),
        (([], [1], [1], [0], [0]), "more edges than bins"),
        (([ZERO], [], [1], [0], [0]), "more edges than bins"),
        (([ZERO], [1], [], [], [0]), "more edges than bins"),
        (([ZERO], [(1 << 63) - 1], [1], [0], [0]), "an edge is no number"),
        (([ZERO], [(1 << 64) - (1 << 61)], [1], [0], [0]), "the edges do not ascend"),
        (([ZERO], [5, (1 << 64) - 1], [1, 1], [0, 0], [0]), "the edges do not ascend"),
    ],
)
def test_arrays_that_are_no_numbers_are_refused(arrays, message):
    with pytest.raises(ValueError, match=message):
        unpack_numbers(words(*arrays))


@pytest.mark.parametrize("rows", [[1 << 63], [1 << 61] * 2])
def test_counts_beyond_reason_are_refused(rows):
    with pytest.raises(ValueError, match="a count is too large"):
        unpack_rows(words(rows))


def test_a_sample_that_does_not_ascend_is_refused():
    with pytest.raises(ValueError, match="the sample does not ascend"):
        unpack_sample(pack_marks(MarkCounts(SAMPLE.marks[::-1], SAMPLE.counts)))


COUNTS = st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(0, 1 << 40)), min_size=8, max_size=8)


@given(COUNTS)
def test_any_counts_come_back(counts):
    values = replace(CATEGORIES, buckets=np.array(counts))
    assert unpack_categories(pack_categories(values))[0].tolist() == values.buckets.tolist()


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=9, unique=True))
def test_any_edges_come_back(edges):
    low, *rest = sorted(edges)
    values = Numbers(np.array(rest or [low]), np.ones((len(rest) or 1, 2), np.int64), low, 0, 0, 0, 0, 0)
    read_low, read_edges, counts = unpack_numbers(pack_numbers(values))
    assert (read_low.hex(), as_plain(read_edges)) == (low.hex(), as_plain(values.edges))
    assert counts.tolist() == values.counts.tolist()
