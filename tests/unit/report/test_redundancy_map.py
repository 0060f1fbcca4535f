"""The map of fields that say the same holds every pair once, and says what it leaves out."""

import itertools
import re

import pytest

from featsel.report.redundancy_map import MOST_FIELDS, redundancy_figure
from tests.pages import Page


def pair(first, second, redundancy):
    return {"fields": [first, second], "redundancy": redundancy}


def document(pairs, clusters=(), names="abcdef"):
    return {
        "fields": [{"name": name} for name in names],
        "redundancy": {"pairs": list(pairs), "clusters": [{"fields": list(each)} for each in clusters]},
    }


@pytest.mark.parametrize("found", [{"fields": []}, document([])])
def test_there_is_no_map_where_nothing_goes_together(found):
    assert redundancy_figure(found) == ""


def test_each_pair_stands_once_with_its_share():
    html = redundancy_figure(document([pair("a", "c", 0.95), pair("b", "c", 0.25)]))
    tooltips = re.findall(r"<title>(.*?)</title>", html)
    assert sorted(tooltips) == ["a and c: 95 % in common", "c and b: 25 % in common"]
    assert re.findall(r'fill-opacity="(.*?)"', html) == ["0.95", "0.25"]
    # three fields have three pairs; of one of them nothing is known
    assert html.count('class="track"') == 3
    Page(html)


def test_fields_without_a_partner_are_not_on_the_map():
    texts = Page(redundancy_figure(document([pair("a", "c", 0.95)]))).texts
    assert "a" in texts
    assert "b" not in texts


def test_groups_stand_together_and_before_others():
    pairs = [pair("a", "b", 0.5), pair("c", "f", 0.95), pair("d", "e", 0.8)]
    texts = Page(redundancy_figure(document(pairs, clusters=["cf"]))).texts
    assert [text for text in texts if text in set("abcdef")] == ["c", "f", "d", "e", "a", "b"]


def test_a_map_of_many_fields_is_cut_and_says_so():
    names = [f"f{number:03}" for number in range(500)]
    pairs = [pair(first, second, 0.5) for first, second in itertools.pairwise(names)]
    html = redundancy_figure(document(pairs, names=names))
    assert f"The {MOST_FIELDS} of them with the most in common are shown, of 500." in html
    assert html.count("<rect") <= MOST_FIELDS**2


def test_names_are_escaped():
    html = redundancy_figure(document([pair("<b>", '"x"', 0.5)], names=["<b>", '"x"']))
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
