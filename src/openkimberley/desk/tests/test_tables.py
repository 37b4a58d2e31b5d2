"""Tables in and out: what is written is read again, and no file, however hostile, ends in a traceback."""

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from openkimberley.desk import tables
from openkimberley.desk.tables import BadRows, Fault, read_table, write_table
from openkimberley.kernel.errors import Untrusted

printable = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn"), blacklist_characters="\ufffe\uffff"),
    max_size=20,
)


def refusal(data, name):
    """The step that refuses a file, None where it is read. Any other error than the named one comes through."""
    try:
        read_table(data, name)
    except Untrusted as error:
        return error.step
    return None


@given(st.lists(st.tuples(printable, printable), min_size=1, max_size=5), st.sampled_from(tables.KINDS))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(rows, kind):
    wanted = [{"a": "1" + a, "b": b} for a, b in rows]
    found = read_table(write_table(wanted, kind, ["a", "b"]), f"x.{kind}")
    assert [dict(row.cells) for row in found] == wanted


@given(st.binary(max_size=400), st.sampled_from(["", "x.csv", "x.json", "x.xlsx", "x.txt"]))
@settings(max_examples=300, deadline=None)
def test_no_bytes_end_in_another_error_than_the_named_one(data, name):
    assert refusal(data, name) in (None, tables.PARSE, tables.ROWS)


scribble = st.text(alphabet="[]{},:\"0123456789.eE-+ntrueNa\\u; \n\t'", max_size=120)


@given(scribble, st.sampled_from(["x.csv", "x.json", ""]))
@settings(max_examples=300, deadline=None)
def test_no_text_ends_in_another_error_than_the_named_one(text, name):
    assert refusal(text.encode(), name) in (None, tables.PARSE, tables.ROWS)


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_damaged_workbook_is_named_and_not_a_traceback(place, damage):
    whole = write_table([{"a": "1"}], "xlsx", ["a"])
    place %= len(whole)
    assert refusal(whole[:place] + damage + whole[place + len(damage) :], "x.xlsx") in (None, tables.PARSE, tables.ROWS)


def test_a_number_names_the_line_where_a_person_finds_the_row():
    rows = read_table(b'number,holder\r\n1,"two\r\nlines"\r\n\r\n2,b\r\n', "x.csv")
    assert [(row.line, row.cells["number"]) for row in rows] == [(2, "1"), (5, "2")]


@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_the_divider_is_found(divider):
    rows = read_table(f"a{divider}b\n1{divider}2\n".encode(), "x.csv")
    assert rows[0].cells == {"a": "1", "b": "2"}


def test_utf_16_from_a_spreadsheet_is_read():
    assert read_table("a,b\né,ü\n".encode("utf-16"), "x.csv")[0].cells == {"a": "é", "b": "ü"}


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "x.csv", "empty"),
        (b"a,b\n\xff\xfe1,2\n", "x.csv", "UTF-8"),
        (b"a,b\n1,\x002\n", "x.csv", "NUL"),
        (b"a,a\n1,2\n", "x.csv", "twice"),
        (b"a,,c\n1,2,3\n", "x.csv", "no heading"),
        (b'a,b\n"1,2\n', "x.csv", "no CSV"),
        (b"\xd0\xcf\x11\xe0old", "x.xls", "XLSX"),
        (b"{}", "x.json", "list of objects"),
        (b'[{"a": 1.5}]', "x.json", "fraction"),
        (b'[{"a": NaN}]', "x.json", "fraction"),
        (b'[{"a": "1", "a": "2"}]', "x.json", "twice"),
        (b"[" * 100_000, "x.json", "nested too deep"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "x.json", "no JSON table"),
        (b",".join(b"c%d" % i for i in range(200)), "x.csv", "columns"),
    ],
)
def test_a_file_that_is_no_table_is_named(data, name, says):
    with pytest.raises(Untrusted, match=says) as caught:
        read_table(data, name)
    assert caught.value.step == tables.PARSE


def test_too_big_and_too_long_are_refused(monkeypatch):
    with pytest.raises(Untrusted, match="bytes"):
        read_table(b"a\n" * tables.MAX_BYTES, "x.csv")
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    with pytest.raises(Untrusted, match="rows"):
        read_table(b"a\n1\n2\n3\n4\n", "x.csv")
    with pytest.raises(Untrusted, match="rows"):
        read_table(json.dumps([{"a": "1"}] * 4).encode(), "x.json")


def test_every_bad_row_is_reported_not_only_the_first():
    with pytest.raises(BadRows) as caught:
        read_table(b"a,b\n1,2,3\n1,2\n1,2,3,4\n", "x.csv")
    assert [fault.line for fault in caught.value.faults] == [2, 4]


def test_nested_json_and_overlong_cells_are_faults_of_their_row():
    with pytest.raises(BadRows) as caught:
        read_table(json.dumps([{"a": {"b": 1}}, {"a": "x" * 5000}, 7, {"a": "\x01"}]).encode(), "x.json")
    assert [fault.line for fault in caught.value.faults] == [1, 2, 3, 4]
    assert caught.value.faults[0].as_json()["field"] == "a"


def test_lists_truths_and_nothing_become_cells():
    rows = read_table(b'{"rows": [{"Kind s": ["A", "B"], "one": true, "two": null, "n": 7}]}', "x.json")
    assert rows[0].cells == {"kind_s": "A; B", "one": "true", "two": "", "n": "7"}


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", " =1", "'=1", "'''@x"])
def test_no_cell_of_a_csv_runs_as_a_formula(evil):
    text = write_table([{"a": "x", "b": evil}], "csv", ["a", "b"]).decode("utf-8-sig")
    cell = next(iter(__import__("csv").reader(io.StringIO(text.split("\r\n", 1)[1], newline=""))))[1]
    assert cell.startswith("'")
    assert read_table(text.encode(), "x.csv")[0].cells["b"] == evil.strip()


def test_no_cell_of_a_workbook_is_a_formula():
    book = load_workbook(io.BytesIO(write_table([{"a": "=1+1", "b": "007"}], "xlsx", ["a", "b"])))
    assert [cell.data_type for cell in book.worksheets[0][2]] == ["s", "s"]
    assert [cell.value for cell in book.worksheets[0][2]] == ["=1+1", "007"]


def test_a_workbook_gives_dates_and_whole_numbers_as_text():
    from datetime import date, datetime

    book = Workbook()
    book.active.append(["d", "t", "n", "f", "b", "e"])
    book.active.append([date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), 7, 12.5, True, None])
    out = io.BytesIO()
    book.save(out)
    cells = read_table(out.getvalue(), "x.xlsx")[0].cells
    assert cells == {"d": "2026-01-02", "t": "2026-01-02T03:04:00", "n": "7", "f": "12.5", "b": "true", "e": ""}


def _zip(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_workbook_that_unpacks_to_a_flood_is_refused():
    with pytest.raises(Untrusted, match="unpacks"):
        read_table(_zip(bomb=b"\0" * (tables.MAX_UNPACKED + 1)), "x.xlsx")


def test_a_workbook_of_too_many_members_is_refused():
    with pytest.raises(Untrusted, match="unpacks"):
        read_table(_zip(**{f"m{i}": b"" for i in range(tables.MAX_ZIP_MEMBERS + 1)}), "x.xlsx")


def test_a_workbook_with_entities_is_refused():
    with pytest.raises(Untrusted, match="entities"):
        read_table(_zip(a=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>'), "x.xlsx")


def test_an_archive_that_is_no_workbook_is_refused():
    with pytest.raises(Untrusted, match="no XLSX"):
        read_table(_zip(a=b"hello"), "x.xlsx")


def test_bad_rows_need_a_fault_and_cap_their_list():
    with pytest.raises(ValueError, match="at least one"):
        BadRows([])
    many = BadRows(Fault(i, "a", "", "x") for i in range(tables.MAX_FAULTS + 5))
    assert (len(many.faults), many.count) == (tables.MAX_FAULTS, tables.MAX_FAULTS + 5)


def test_dates_and_numbers_are_written_as_people_read_them():
    from datetime import date
    from decimal import Decimal

    row = {"d": date(2026, 1, 2), "n": 7, "a": Decimal("12.50"), "none": None, "b": False}
    assert write_table([row], "csv", ["d", "n", "a", "none", "b"]).decode("utf-8-sig").split("\r\n")[1] == (
        "2026-01-02,7,12.50,,false"
    )


def test_an_unknown_kind_of_table_is_refused():
    with pytest.raises(Untrusted, match="csv, json, xlsx"):
        write_table([], "exe", ["a"])
