"""``featsel report`` puts results on one page, whole, offline and safe, or names the one that is broken."""

from __future__ import annotations

import contextlib
import copy
import io
import itertools
import json
import re
import shutil
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featsel.cli.app import run
from tests.pages import Page

pytestmark = pytest.mark.xdist_group("report")

REQUEST, DATA = 2, 3
MOST_BYTES = 3_000_000
FAST = ["--epochs", "1", "--threads", "1", "-q"]
KINDS = ("checks", "ranking", "more", "selection", "model", "bench", "tables", "strengths", "config")


def quietly(arguments):
    """What a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert run(list(map(str, arguments))) == 0
    return out.getvalue()


@pytest.fixture(scope="module")
def log(clicks, tmp_path_factory):
    """The clicks five times over, so that domains have rows enough, with a copy of a field."""
    path = tmp_path_factory.mktemp("week") / "week.parquet"
    week = pl.concat([clicks] * 5).sort("hour", maintain_order=True)
    week.with_columns(pl.col("user").str.to_uppercase().alias("copy")).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def results(log, tmp_path_factory):
    """A folder of every kind of result, and their paths by kind."""
    folder = tmp_path_factory.mktemp("results")
    files = {kind: folder / f"{kind}.json" for kind in KINDS}
    quietly(["rank", log, "--exclude", "hour", "-o", files["more"], "-q"])
    questions = ["--redundancy", "--interactions", "3", "--stability", "4", "--compare", files["more"]]
    quietly(["rank", log, "--time", "hour", "--by", "item", *questions, "-o", files["ranking"], "-q"])
    numbers = ["--numeric", "item", "--numeric", "mass", "--exclude", "tags", "--exclude", "hour"]
    quietly(["rank", log, "--method", "quickselection", *numbers, "-o", files["strengths"], "-q"])
    quietly(["check", log, "--time", "hour", "--fail-on", "never", "-o", files["checks"], "-q"])
    chosen = ["--model", "lr", "--dim", "2", *FAST]
    features = folder / "features.yaml"
    printed = quietly(
        ["select", log, "--exclude", "hour", "--budget", "50%", *chosen, "-o", features, "--json"]
    )
    files["selection"].write_text(printed, encoding="utf-8")
    other = ["--budget", "2fields", "--method", "information", "--model", "lr", "--dim", "2", *FAST]
    quietly(["select", log, "--exclude", "hour", *other, "-o", files["config"]])
    quietly(["train", features, log, "--model", "lr", *FAST, "-o", folder / "model"])
    files["model"] = folder / "model" / "metrics.json"
    compared = ["--method", "information", "--model", "lr", "--dim", "2", "--k", "1,all", "--seeds", "2"]
    quietly(["bench", log, "--exclude", "hour", *compared, *FAST, "-o", files["bench"]])
    schemes = ["--scheme", "full", "--scheme", "qr", "--budgets", "1,.01", "--model", "fm", "--dim", "2"]
    quietly(["bench", log, "--exclude", "hour", "--embeddings", *schemes, *FAST, "-o", files["tables"]])
    return files


@pytest.fixture
def page(tmp_path, capsys):
    """Page of some results, and what the command printed."""

    def make(*runs, title=None):
        capsys.readouterr()
        out = tmp_path / "report.html"
        more = [] if title is None else ["--title", title]
        code = run(["report", *map(str, runs), "-o", str(out), *more])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return out.read_text(encoding="utf-8"), printed

    return make


HEADINGS = {
    "checks": ("Is the data fit for use?", "fit for use?"),
    "ranking": ("Which fields tell something?", "Which fields tell"),
    "strengths": ("Which fields tell something?", "Which numeric fields tell"),
    "selection": ("What was chosen?", "Which features tell"),
    "config": ("What was chosen?", "Which features tell"),
    "model": ("How good is the model?", "How well does"),
    "bench": ("Which method chooses best?", "Which method orders the fields"),
    "tables": ("Which embedding table is best in so many bytes?", "Which embedding table predicts"),
}


@pytest.mark.parametrize("kind", HEADINGS)
def test_every_kind_of_result_has_an_answer_and_a_section(results, page, kind):
    html, printed = page(results[kind])
    question, heading = HEADINGS[kind]
    assert f"<dt>{question}</dt>" in html
    assert re.search(rf"<h2 id=\"[a-z]+-1-title\">[^\n]*?{re.escape(heading)}", html)
    assert printed.out.startswith(question)
    assert printed.out.count("\n") == 1


SECTIONS = {
    "checks": ("How far did fields drift?", "Skipped", "passed"),
    "ranking": (
        "The information of the fields",
        "Periods of hour",
        "For whom, by item",
        "Fields that say the same",
        "Interactions",
        "Stability of the first fields",
        "All fields",
    ),
    "selection": ("What a budget buys", "How much of each field is kept", "Kept fields", "What came of it"),
    "config": ("How much of each field is kept", "Kept fields", "Dropped fields"),
    "model": ("How it learnt", "Do predictions mean what they say?", "All measures"),
    "bench": ("AUC over k: lr", "Areas: lr", "Orders"),
    "tables": ("fm: 2 schemes of embedding tables", "All numbers"),
}


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_result_is_shown_as_on_its_own_page(results, page, kind):
    text = Page(page(results[kind])[0]).text
    assert [heading for heading in SECTIONS[kind] if heading not in text] == []


def test_a_saved_ranking_shows_what_its_own_page_shows(page, log, tmp_path):
    own = tmp_path / "own.html"
    quietly(
        ["rank", log, "--exclude", "hour", "--redundancy", "--html", own, "-o", tmp_path / "r.json", "-q"]
    )
    shown = Page(page(tmp_path / "r.json")[0]).texts
    alone = Page(own.read_text(encoding="utf-8")).texts
    cells = [text for text in alone if text.strip() and "{" not in text]
    # the title of the window and what its own page says of many pairs
    assert [text for text in cells if text not in shown] == ["Field ranking: click"]


def test_all_results_of_a_folder_stand_in_the_order_of_a_log_s_life(results, page):
    html, printed = page(results["checks"].parent)
    names = re.findall(r'<article id="([a-z]+)-\d+"', html)
    kinds = ["check", "ranking", "selection", "training", "bench", "tables"]
    assert names == sorted(names, key=kinds.index)
    # the config that the selection wrote, and its copy in the folder of the model, say nothing new
    assert names.count("selection") == 2
    assert re.findall(r'<a href="#([a-z]+)-\d+"', html) == names
    assert "left out" in printed.err
    assert "model.json" in printed.err


def test_several_results_of_a_kind_stand_side_by_side(results, page):
    text = Page(page(results["ranking"], results["more"])[0]).text
    assert "Rankings side by side" in text
    assert "ranking.json" in text
    assert "more.json" in text
    assert "Rankings side by side" not in Page(page(results["ranking"])[0]).text


def test_a_result_that_is_named_twice_stands_once(results, page):
    html, _ = page(results["checks"], results["checks"])
    assert html.count("<article ") == 1


def test_results_of_different_logs_are_told_so(results, page, tmp_path):
    document = json.loads(results["more"].read_text())
    document["input"]["fingerprint"] = f"sha256:{'0' * 64}"
    (tmp_path / "other.json").write_text(json.dumps(document))
    assert "of 2 different logs" in page(results["checks"], tmp_path / "other.json")[0]
    assert "different logs" not in page(results["checks"], results["more"])[0]


def test_the_title_heads_the_page(results, page):
    html, _ = page(results["checks"], title="Clicks & <views>")
    assert "<title>Clicks &amp; &lt;views&gt;</title>" in html
    assert "<h1>Clicks &amp; &lt;views&gt;</h1>" in html


def test_the_same_results_give_the_same_bytes(results, page):
    folder = results["checks"].parent
    assert page(folder)[0] == page(folder)[0]


def test_a_page_loads_nothing(results, page):
    html, _ = page(results["checks"].parent)
    found = Page(html)
    assert {tag for tag, _ in found.elements} & {"link", "img", "iframe", "object", "embed", "base"} == set()
    links = [
        value for _, attributes in found.elements for value in (attributes.get("href"), attributes.get("src"))
    ]
    assert [link for link in links if link is not None and not link.startswith("#")] == []
    assert "url(" not in html
    assert "@import" not in html
    policy = next(
        a["content"] for tag, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_a_page_can_be_walked_by_headings_and_names(results, page):
    html, _ = page(results["checks"].parent)
    found = Page(html)
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    names = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(names) == len(set(names))
    named = [a["aria-labelledby"] for _, a in found.elements if "aria-labelledby" in a]
    assert set(named) <= set(names)
    jumps = [a["href"].removeprefix("#") for tag, a in found.elements if tag == "a"]
    assert set(jumps) <= set(names)
    assert all("aria-labelledby" in a for tag, a in found.elements if tag == "table")
    assert all(a.get("scope") in {"col", "row"} for tag, a in found.elements if tag == "th")
    charts = [attributes for tag, attributes in found.elements if tag == "svg"]
    assert charts
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)


HOSTILE = (
    "<script>alert(1)</script>",
    "</title></svg></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)\' id="content',
    "javascript:alert(1)//http://example.com/",
    "a\x1b[31mb\u202ec\u2028d\ud800",
    "<h2>" * 3 + "&amp;",
    "x" * 10_000,
)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_value_of_a_log_becomes_markup(results, page, tmp_path, name):
    quoted = json.dumps(name)
    runs = []
    for kind, path in results.items():
        if kind == "config":  # a config is checked by a reader of its own
            continue
        text = path.read_text(encoding="utf-8")
        text = text.replace('"user"', quoted).replace('"lr"', quoted if kind == "bench" else '"lr"')
        text = re.sub(r'"(message|reason|hint|why)": "[^"]+"', lambda m: f'"{m[1]}": {quoted}', text)
        runs.append(tmp_path / f"{kind}.json")
        runs[-1].write_text(text, encoding="utf-8")
    calm, _ = page(*(path for kind, path in results.items() if kind != "config"))
    html, printed = page(*runs)
    found, expected = Page(html), Page(calm)
    counts = [[tag for tag, _ in each.elements].count("script") for each in (found, expected)]
    assert counts == [1, 1]
    tags = {tag for tag, _ in found.elements}
    assert tags <= {tag for tag, _ in expected.elements}
    keys = {key for _, attributes in found.elements for key in attributes}
    assert keys <= {key for _, attributes in expected.elements for key in attributes}
    if len(name) < 100:
        assert name.isprintable() == (name in found.text)
    for bad in ("\x1b", "\u202e", "\u2028"):
        assert bad not in html
        assert bad not in printed.out + printed.err
    assert len(html.encode()) < MOST_BYTES


def wide(results, tmp_path, n_fields=500):
    """The results as of a log of so many fields."""
    names = [f"some_field_of_a_wide_log_{number:03}" for number in range(n_fields)]
    documents = {
        kind: json.loads(results[kind].read_text())
        for kind in ("checks", "ranking", "selection", "model", "bench")
    }
    fields = documents["ranking"]["fields"]
    documents["ranking"]["fields"] = [
        {**fields[number % len(fields)], "name": name, "rank": number + 1}
        for number, name in enumerate(names)
    ]
    pair = {"mutual_information": 1.5, "expected_mutual_information": 0.1, "relation": "nested"}
    documents["ranking"]["redundancy"]["pairs"] = [
        {"fields": [name, other], "redundancy": 0.95, "determines": name, **pair}
        for number, name in enumerate(names)
        for other in names[number + 1 : number + 6]
    ]
    by = documents["ranking"]["by"]
    by["fields"] = [
        {**by["fields"][number % len(by["fields"])], "name": name} for number, name in enumerate(names)
    ]
    checks = documents["checks"]["checks"]
    documents["checks"]["checks"] = [
        {**check, "field": name} for name in names for check in (checks * 40)[:40]
    ]
    kept = documents["selection"]["fields"]
    documents["selection"]["fields"] = [
        {**kept[number % len(kept)], "name": name} for number, name in enumerate(names)
    ]
    for method in documents["bench"]["methods"]:
        for order in method["orders"]:
            order["fields"] = names
    for kind, document in documents.items():
        (tmp_path / f"{kind}.json").write_text(json.dumps(document))
    return [tmp_path / f"{kind}.json" for kind in documents]


def test_a_page_of_five_hundred_fields_stays_small(results, page, tmp_path):
    html, _ = page(*wide(results, tmp_path))
    assert len(html.encode()) < MOST_BYTES
    text = Page(html).text
    assert "The 30 of them with the most in common are shown, of 500." in text
    assert "some_field_of_a_wide_log_499" in text


# ---- what is refused


@pytest.fixture
def refused(tmp_path, capsys):
    """What is told of runs that cannot be shown, without its hint."""

    def make(*arguments, code, out="report.html"):
        capsys.readouterr()
        found = run(["report", *map(str, arguments), "-o", str(tmp_path / out)])
        err = capsys.readouterr().err
        assert (found, err.count("featsel: error: "), err.count("featsel: hint: ")) == (code, 1, 1), err
        assert "Traceback" not in err
        assert not (tmp_path / "report.html").exists()
        return err.partition("featsel: error: ")[2].partition("\nfeatsel: hint")[0]

    return make


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no JSON document"),
        (b"PAR1", "is no JSON document"),
        (b'{"schema": "featsel.check/1", "rows": NaN}', "is no JSON document: NaN is no number of JSON"),
        (b"[" * 100_000, "is no JSON document: it is nested beyond reason"),
        (b"\xff\xfe", "the text is not UTF-8"),
        (b"[1]", "is no result of featsel: its schema is None"),
        (b'{"schema": 3}', "is no result of featsel: its schema is 3"),
        (b'{"schema": "other/1"}', "is no result of featsel: its schema is 'other/1'"),
        (b'{"schema": "featsel.check/2"}', "has schema 'featsel.check/2', which this featsel cannot show"),
        (
            b'{"schema": "featsel.profile/1"}',
            "has schema 'featsel.profile/1', which this featsel cannot show",
        ),
        (b'{"schema": "featsel.check/1"}', "'featsel', 'input', 'options', 'reference'"),
    ],
)
def test_a_file_that_is_no_result_is_named(refused, tmp_path, content, message):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    told = refused(path, code=DATA)
    assert message in told
    assert str(path) in told


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("rows",), None, "input"),
        (
            ("checks", 0, "severity"),
            "grave",
            "checks[0].severity: 'grave', expected one of error, warning, info",
        ),
        (("checks", 0, "measured"), "x" * 1000, "checks[0].measured: 'xxxx"),
        (("input", "rows"), 10**400, "input.rows: a huge number, expected at most 9223372036854775807"),
        (("checks", 0, "measured"), 1e999, "Infinity is no number of JSON"),
        (("input", "paths"), "log", "input.paths: 'log', expected a list"),
    ],
)
def test_what_is_wrong_with_a_result_is_told_with_its_place(
    results, refused, tmp_path, where, value, message
):
    document = json.loads(results["checks"].read_text())
    part = document
    if where == ("rows",):
        del document["input"]
    else:
        for key in where[:-1]:
            part = part[key]
        part[where[-1]] = value
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert message in refused(tmp_path / "x.json", code=DATA)


def test_parts_of_a_result_that_do_not_fit_together_are_told(results, refused, tmp_path):
    document = json.loads(results["bench"].read_text())
    document["models"] = ["fm", "other"]
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert "is broken, its parts do not fit together: " in refused(tmp_path / "x.json", code=DATA)


def test_a_missing_result_is_named(refused, tmp_path):
    assert "none.json' does not exist" in refused(tmp_path / "none.json", code=DATA)


def test_a_config_that_is_none_is_told_as_everywhere(refused, tmp_path):
    (tmp_path / "x.yaml").write_text("schema: featsel.features/1\n")
    assert "feature config" in refused(tmp_path / "x.yaml", code=REQUEST)


def test_a_folder_without_results_is_named(refused, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "notes.yaml").write_text("a: 1\n")
    (folder / "other.json").write_text("{}")
    assert f"folder '{folder}' holds no result of featsel" in refused(folder, code=DATA)


def test_a_broken_result_in_a_folder_is_not_passed_over(results, refused, tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    shutil.copy(results["more"], folder)
    (folder / "checks.json").write_text('{"schema": "featsel.check/1"}')
    assert "checks.json'" in refused(folder, code=DATA)


@pytest.mark.parametrize("out", ["report.txt", "none/report.html"])
def test_a_page_that_cannot_be_written_is_refused(results, refused, out):
    told = refused(results["more"], code=REQUEST, out=out)
    assert "does not end in .html" in told or "there is no folder" in told


def test_a_page_does_not_replace_a_result(results, tmp_path, capsys):
    path = tmp_path / "x.html"
    shutil.copy(results["more"], path)
    before = path.read_bytes()
    assert run(["report", str(path), "-o", str(path)]) == REQUEST
    assert "is one of the results" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_an_older_page_stays_if_a_result_is_broken(results, tmp_path, capsys):
    out, broken = tmp_path / "report.html", tmp_path / "x.json"
    out.write_text("old")
    broken.write_text("{")
    assert run(["report", str(results["more"]), str(broken), "-o", str(out)]) == DATA
    assert out.read_text() == "old"
    capsys.readouterr()


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [0, -1, 10**19, 10**400, 1e308, -0.0, 5e-324, "", "x", "\ud800", [], {}, [[]], {"a": None}]
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)


@st.composite
def changes(draw):
    """Places of a document, each as numbers that choose a key at every level, and what happens there."""
    place = st.lists(st.integers(0, 10**6), min_size=1, max_size=6)
    what = st.one_of(st.just("delete"), st.just("duplicate"), ODD.map(lambda value: ("put", value)))
    return draw(st.lists(st.tuples(place, what), min_size=1, max_size=3))


def changed(document, edits):
    document = copy.deepcopy(document)
    for place, what in edits:
        part = document
        for step, number in enumerate(place):
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            if not keys:
                break
            key = keys[number % len(keys)]
            if step + 1 < len(place) and isinstance(part[key], dict | list):
                part = part[key]
            elif what == "delete":
                del part[key]
                break
            elif what == "duplicate":
                if isinstance(part, list):
                    part.append(part[key])
                break
            else:
                part[key] = what[1]
                break
    return document


@pytest.mark.parametrize(
    "kind", ["checks", "ranking", "selection", "model", "bench", "tables", "strengths", "config"]
)
def test_no_document_however_broken_is_a_bug(results, tmp_path_factory, kind):
    document = json.loads(results[kind].read_text())
    folder = tmp_path_factory.mktemp("broken")
    path, out = folder / "x.json", folder / "report.html"

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(changes())
    def check(edits):
        path.write_text(json.dumps(changed(document, edits)))
        out.unlink(missing_ok=True)
        said = io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            code = run(["report", str(path), "-o", str(out)])
        assert code in {0, REQUEST, DATA}, said.getvalue()
        assert out.exists() == (code == 0)
        assert "Traceback" not in said.getvalue()
        if code == 0:
            Page(out.read_text(encoding="utf-8"))

    check()


# ---- in a browser

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --enable-logging=stderr --virtual-time-budget=5000 --dump-dom"
)


@pytest.fixture
def browse(tmp_path):
    """What a browser makes of a page, and what it says to its console."""
    if BROWSER is None:
        pytest.skip("there is no chromium or chrome here")

    def open_page(html):
        path = tmp_path / "browsed.html"
        path.write_text(html, encoding="utf-8")
        command = [BROWSER, *FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}", path.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    return open_page


def test_a_browser_runs_the_page_without_a_complaint(results, page, browse):
    dom, console = browse(page(results["checks"].parent)[0])
    assert console == []
    assert 'class="theme"' in dom
    assert re.search(r"<output>6 of 6 shown</output>", dom)
    found = re.search(r'<th [^>]*aria-sort="ascending"[^>]*><button type="button">#', dom)
    assert found


CLICKS = """
document.querySelector(".theme").click();
const table = document.querySelector("table.fields");
const header = Array.from(table.tHead.rows[0].cells).find((cell) => cell.textContent.startsWith("values"));
header.querySelector("button").click();
const numbers = Array.from(table.tBodies[0].rows, (row) => row.cells[header.cellIndex].textContent);
const find = table.closest("section").querySelector("input");
find.value = "price";
find.dispatchEvent(new Event("input"));
document.title = JSON.stringify({
  numbers,
  sort: header.getAttribute("aria-sort"),
  shown: Array.from(table.tBodies[0].rows).filter((row) => !row.hidden).length,
  theme: document.documentElement.dataset.theme,
});
"""


def test_tables_sort_and_filter_in_a_browser(results, page, browse):
    html, _ = page(results["more"])
    # the page itself forbids any script but its own
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    dom, console = browse(html.replace("</body>", f"<script>{CLICKS}</script></body>"))
    told = json.loads(re.search(r"<title>(.*?)</title>", dom)[1])
    numbers = [int(number.replace(",", "")) for number in told["numbers"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) > 1
    assert (told["sort"], told["shown"], told["theme"]) == ("descending", 1, "dark")
    assert console == []


def test_a_report_needs_no_torch(results, tmp_path):
    program = f"""
import sys
from featsel.cli.app import run
code = run(["report", {str(results["checks"].parent)!r}, "-o", {str(tmp_path / "r.html")!r}, "-q"])
assert "torch" not in sys.modules
sys.exit(code)
"""
    subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
