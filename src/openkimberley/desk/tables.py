"""Tables in and out: CSV, JSON and XLSX, the same for every area, hostile files included.

Reading::

    rows = read_table(data, "licences.csv")          # -> list[Row]; the format is told by the bytes, then by the name
    for row in rows:
        row.line                                     # where a person finds it: line of the CSV, row of the sheet,
                                                     # place in the JSON list (from 1)
        row.cells["holder"]                          # always text; a missing or empty cell is ""
    raise BadRows([Fault(row.line, "valid_to", "", _("%(given)s is no date."), {"given": "x"}, _("Write YYYY-MM-DD."))])

Headings are lower-cased and their blanks become ``_``. CSV is UTF-8 (or UTF-16 with its mark), divided by comma,
semicolon or tab. JSON is a list of flat objects, or ``{"rows": [...]}``; lists of texts inside are joined by ``"; "``;
fractions are refused, because an amount is text. XLSX is its first sheet; dates come as ``YYYY-MM-DD``.

Errors: ``Untrusted("1 parse", ...)`` (400) where the file as a whole is no table or beyond the limits, ``BadRows``
(an ``Untrusted`` too, but 422) where single rows are wrong: it has every fault of every row. Nothing else is raised.

Writing::

    data = write_table(rows, "csv", ["number", "holder"])     # "csv", "json" or "xlsx" -> bytes
    MEDIA_TYPES["csv"]                                        # what to say in Content-Type

A cell that a spreadsheet would run as a formula gets an apostrophe before it in CSV, which ``read_table`` takes away
again; in XLSX it is marked as text. What was written and is read again is the same.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import warnings
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PARSE = "1 parse"
"""The step that fails where a file is no table."""

ROWS = "2 rows"
"""The step that fails where single rows are wrong."""

# Limits keep one upload from filling the memory of a small server. A year of a busy authority's certificates is about
# 5,000 rows of 40 columns and 2 MB.
MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 10_000
MAX_COLUMNS = 80
MAX_CELL = 4_000
MAX_UNPACKED = 32 * 1024 * 1024
MAX_ZIP_MEMBERS = 200
MAX_FAULTS = 500

KINDS = ("csv", "json", "xlsx")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

# What makes a spreadsheet take a cell for a formula, in full width too; blanks before it do not help.
_FORMULA = re.compile(r"^'*[\s]*[=+\-@＝＋－＠\t\r\n]")
_ESCAPED = re.compile(r"^''*[\s]*[=+\-@＝＋－＠\t\r\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands in the file, and its cells by heading."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one row. ``rule`` is the rule's code where a rule of the Scheme says so, else empty.

    ``template`` is English with its ``facts`` still to fill in, so that a page can translate it.
    """

    line: int
    field: str
    rule: str
    template: str
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    remedy: str = ""

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.template % self.facts if self.facts else self.template.replace("%%", "%")

    def as_json(self) -> dict[str, Any]:
        """The fault as the API and the command line print it."""
        return {
            "line": self.line, "field": self.field, "rule": self.rule, "message": self.message, "remedy": self.remedy,
        }  # fmt: skip


class BadRows(Untrusted):
    """Rows of a table are wrong. ``faults`` has every one of them (up to ``MAX_FAULTS``), in order of line."""

    status = 422

    def __init__(self, faults: Iterable[Fault]) -> None:
        found = sorted(faults, key=lambda f: (f.line, f.field))
        self.count = len(found)
        self.faults = tuple(found[:MAX_FAULTS])
        if not self.faults:
            raise ValueError("bad rows need at least one fault")
        first = self.faults[0]
        super().__init__(ROWS, f"{self.count} faults; the first, in line {first.line}: {first.field}: {first.message}")


# --- reading ----------------------------------------------------------------------------------------------------------


def read_table(data: bytes, filename: str = "") -> list[Row]:
    """The rows of a CSV, JSON or XLSX file. Raises ``Untrusted`` or ``BadRows``, nothing else."""
    if len(data) > MAX_BYTES:
        raise Untrusted(PARSE, f"the file has {len(data)} bytes, more than the {MAX_BYTES} that are read at once")
    if not data.strip():
        raise Untrusted(PARSE, "the file is empty")
    name = filename.lower()
    if data.startswith(b"PK"):
        return _tabular(_xlsx(data))
    if name.endswith((".xlsx", ".xls", ".ods")) or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Untrusted(PARSE, "this is no XLSX workbook: save it as XLSX, or as CSV UTF-8")
    text = _text(data)
    if name.endswith(".json") or (not name.endswith((".csv", ".txt", ".tsv")) and text.lstrip()[:1] in ("[", "{")):
        return _json(text)
    return _tabular(_csv(text))


def _text(data: bytes) -> str:
    """The bytes as text: UTF-8, or UTF-16 with a byte order mark. No NUL."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Untrusted(PARSE, f"byte {error.start} is not UTF-8 text: save the table as CSV UTF-8") from error
    if "\x00" in text:
        raise Untrusted(PARSE, "the file has NUL characters: it is no text")
    return text


def _csv(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines of a CSV with their numbers. The divider is the one that the headings use most."""
    heading = text.lstrip("\r\n").split("\n", 1)[0]
    divider = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, [_unescaped(cell) for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        raise Untrusted(PARSE, f"line {start} is no CSV: {error}") from error


def _unescaped(cell: str) -> str:
    """The cell without the apostrophe that writing put before a formula."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def _xlsx(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet with their numbers."""
    import openpyxl

    _guard_zip(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that it does not read
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            rows = sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS + 1, values_only=True)
            found = [(number, [_cell(value) for value in row]) for number, row in enumerate(rows, start=1)]
            book.close()
    except Exception as error:  # a reader of hostile archives may raise anything; we name it once
        raise Untrusted(PARSE, f"this is no XLSX workbook that can be read ({type(error).__name__})") from error
    return iter([(number, _trimmed(row)) for number, row in found])


def _guard_zip(data: bytes) -> None:
    """Refuse archives that unpack to far more than they are, or whose XML declares entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_ZIP_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                raise Untrusted(PARSE, f"the workbook unpacks to more than {MAX_UNPACKED} bytes")
            for member in members:
                # no more is read than the directory says, so a member that lies about its size is cut off
                content = archive.read(member).replace(b"\x00", b"")  # UTF-16 says the same with NULs
                if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
                    raise Untrusted(PARSE, "the workbook declares XML entities")
    except Untrusted:
        raise
    except Exception as error:  # as above
        raise Untrusted(PARSE, f"this is no XLSX workbook that can be read ({type(error).__name__})") from error


def _cell(value: object) -> str:
    """A cell of a sheet as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _trimmed(row: list[str]) -> list[str]:
    """A row without the empty cells at its end."""
    while row and not row[-1]:
        row.pop()
    return row


def _tabular(lines: Iterable[tuple[int, list[str]]]) -> list[Row]:
    """Rows under headings, from numbered lists of cells."""
    headings: list[str] | None = None
    rows: list[Row] = []
    faults: list[Fault] = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if headings is None:
            headings = _headings(cells)
            continue
        if len(rows) >= MAX_ROWS:
            raise Untrusted(PARSE, f"the table has more than {MAX_ROWS} rows: divide it")
        if len(cells) > len(headings):
            faults.append(Fault(
                line, "", "", _("This row has %(found)s cells under %(wanted)s headings."),
                {"found": str(len(cells)), "wanted": str(len(headings))},
                _("Put a cell that has the dividing character in it into double quotes."),
            ))  # fmt: skip
        rows.append(_row(line, dict(zip(headings, cells + [""] * len(headings))), faults))
    if headings is None:
        raise Untrusted(PARSE, "the table has no headings")
    if faults:
        raise BadRows(faults)
    return rows


def _headings(cells: Sequence[str]) -> list[str]:
    """Headings as keys. Raises ``Untrusted`` where they are too many, empty or twice the same."""
    if len(cells) > MAX_COLUMNS:
        raise Untrusted(PARSE, f"the table has more than {MAX_COLUMNS} columns")
    keys = [re.sub(r"\s+", "_", cell.strip().lower()) for cell in cells]
    while keys and not keys[-1]:
        keys.pop()
    if "" in keys:
        raise Untrusted(PARSE, f"column {keys.index('') + 1} has no heading")
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise Untrusted(PARSE, f"the heading {twice[0][:40]!r} stands twice")
    return keys


def _row(line: int, cells: dict[str, str], faults: list[Fault]) -> Row:
    """A row with its cells trimmed; too long or unprintable ones go to the faults."""
    clean = {key: cell.strip() for key, cell in cells.items()}
    for key, cell in clean.items():
        if len(cell) > MAX_CELL:
            faults.append(Fault(line, key, "", _("This cell has more than %(limit)s characters."),
                                {"limit": str(MAX_CELL)}, _("Shorten it.")))  # fmt: skip
        elif _CONTROL.search(cell):
            faults.append(Fault(line, key, "", _("This cell has characters that cannot be printed."), {},
                                _("Type it anew.")))  # fmt: skip
    return Row(line, clean)


class _NotFlat(ValueError):
    """A JSON value that is no cell."""


def _json(text: str) -> list[Row]:
    """Rows from a list of flat JSON objects."""

    def refuse(token: str) -> Any:
        raise _NotFlat(f'{token[:30]} is a fraction: write amounts as text, such as "12.50"')

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _value in pairs]
        if len(set(keys)) != len(keys):
            raise _NotFlat("an object has the same key twice")
        return dict(pairs)

    try:
        document = json.loads(text, parse_float=refuse, parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:200]
        raise Untrusted(PARSE, f"this is no JSON table: {reason}") from error
    listed = document.get("rows") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        raise Untrusted(PARSE, "a JSON table is a list of objects")
    if len(listed) > MAX_ROWS:
        raise Untrusted(PARSE, f"the table has more than {MAX_ROWS} rows: divide it")
    return _flat(listed)


def _flat(listed: list[Any]) -> list[Row]:
    """Each object of the list as a row of texts."""
    rows: list[Row] = []
    faults: list[Fault] = []
    for line, one in enumerate(listed, start=1):
        if not isinstance(one, dict) or len(one) > MAX_COLUMNS:
            faults.append(Fault(line, "", "", _("This entry is no object of at most %(limit)s keys."),
                                {"limit": str(MAX_COLUMNS)}))  # fmt: skip
            continue
        cells: dict[str, str] = {}
        for key, value in one.items():
            heading = re.sub(r"\s+", "_", key.strip().lower())
            try:
                cells[heading] = _scalar(value)
            except _NotFlat as error:
                faults.append(Fault(line, heading[:60], "", _("This value is no text, number or list of texts."),
                                    {}, str(error)))  # fmt: skip
        rows.append(_row(line, cells, faults))
    if faults:
        raise BadRows(faults)
    return rows


def _scalar(value: Any) -> str:
    """A JSON value as the text of a cell."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value)
    if value is None or isinstance(value, (bool, int)):
        return _cell(value)
    if isinstance(value, str):
        return value
    raise _NotFlat(_("Write it as text."))


# --- writing ----------------------------------------------------------------------------------------------------------


def write_table(rows: Iterable[Mapping[str, object]], kind: str, columns: Sequence[str]) -> bytes:
    """The rows as a CSV, JSON or XLSX file, with these columns in this order. ``kind`` is one of ``KINDS``.

    Raises ``Untrusted`` for any other kind, because it comes out of an address.
    """
    written = ([_cell(row.get(column)) for column in columns] for row in rows)
    if kind == "csv":
        return _write_csv(written, columns)
    if kind == "json":
        objects = [dict(zip(columns, cells)) for cells in written]
        return json.dumps(objects, ensure_ascii=False, indent=1).encode()
    if kind == "xlsx":
        return _write_xlsx(written, columns)
    raise Untrusted(PARSE, f"a table is written as {', '.join(KINDS)}, not as {kind[:20]!r}")


def _write_csv(rows: Iterable[Sequence[str]], columns: Sequence[str]) -> bytes:
    """CSV with the mark that makes spreadsheets read it as UTF-8, formulas made harmless."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for cells in rows:
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return out.getvalue().encode("utf-8-sig", errors="replace")


def _write_xlsx(rows: Iterable[Sequence[str]], columns: Sequence[str]) -> bytes:
    """XLSX with every cell as text: no formula, no number that loses its zeros."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.writer.excel import save_workbook

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    for cells in (columns, *rows):
        line = []
        for text in cells:
            cell = WriteOnlyCell(sheet, value=_CONTROL.sub("\ufffd", text)[:32_767])
            cell.data_type = "s"
            line.append(cell)
        sheet.append(line)
    out = io.BytesIO()
    save_workbook(book, out)
    return out.getvalue()
