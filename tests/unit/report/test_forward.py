"""What lasts is shown in columns, a table and a sentence."""

from featsel.ranking.forward import ForwardScore
from featsel.ranking.outlook import FieldOutlook, Outlook
from featsel.report.forward import fading_table, forward_columns, forward_notes

SCORES = {
    "site": ForwardScore(0.009, 0.010, 0.0, 0.0, 0.5, 0.0),
    "user": ForwardScore(0.001, 0.010, 0.0, 0.0, 0.5, 0.7),
    "price": ForwardScore(-0.001, 0.010, 0.03, 0.75, 1e-9, 0.0),
    "noise": ForwardScore(0.0, 0.0, 0.0, 0.0, 0.5, 0.0),
}
OUTLOOKS = {
    "site": FieldOutlook(Outlook.LASTS, 0.5, 0.9, "90% of it is carried forward"),
    "user": FieldOutlook(Outlook.FADES, 0.5, 0.1, "new"),
    "price": FieldOutlook(Outlook.DRIFTS, 4e-9, -0.1, "turns"),
    "noise": FieldOutlook(None, 0.5, None, ""),
}


def test_a_field_without_an_outlook_has_empty_cells():
    cells = {column.name: column.cells for column in forward_columns(SCORES, OUTLOOKS)}
    assert list(cells) == ["forward_information", "carried", "drift_q_value", "outlook"]
    assert cells["outlook"] == {"site": "lasts", "user": "fades", "price": "drifts", "noise": None}
    assert cells["carried"]["noise"] is None


def test_people_read_millinats():
    forward = forward_columns(SCORES, OUTLOOKS)[0]
    assert (forward.cell("site"), forward.shown.unit) == (9.0, "mnat")


def test_the_table_names_what_drifts_before_what_fades():
    table = fading_table(list(SCORES), SCORES, OUTLOOKS)
    assert table is not None
    assert [row[:2] for row in table.rows] == [("price", "drifts"), ("user", "fades")]


def test_there_is_no_table_where_all_last():
    assert fading_table(["site", "noise"], SCORES, OUTLOOKS) is None


def test_sentences_name_a_few_fields_and_count_the_others():
    assert forward_notes("7 days of 'ts'", 6, {"site": OUTLOOKS["site"]}) == (
        "forward information: 7 days of 'ts', 6 of them predicted from earlier ones",
    )
    assert forward_notes("7 days of 'ts'", 6, OUTLOOKS)[1] == (
        "1 field drifts, what its values mean changes with time: 'price'"
    )
    many = {f"f{index}": OUTLOOKS["price"] for index in range(7)}
    assert forward_notes("7 days of 'ts'", 6, many)[1].endswith("'f0', 'f1', 'f2', 'f3', 'f4' and 2 more")
