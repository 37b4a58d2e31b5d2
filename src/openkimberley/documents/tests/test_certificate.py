"""The certificate page: complete, archival, accessible, deterministic, and never telling what was not signed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from openkimberley.documents import certificate, press, qr
from openkimberley.documents.certificate import official_statement, official_title, render_certificate
from openkimberley.documents.facts import LANGUAGES, NotPrintable, PageKind, PrintedLine, PrintedOrigin, PrintedParty
from openkimberley.documents.read import read_pdf

FIELDS = (
    "Kimberley Process Certificate",
    "The rough diamonds in this shipment have been handled in accordance with the provisions of the Kimberley Process"
    " Certification Scheme for rough diamonds",
    "BW0012345",
    "Republic of Botswana",
    "Department of Mines, Ministry of Minerals and Energy",
    "2026-11-02",
    "2027-01-01",
    "Botswana 100.00 %",
    "European Union",
    "Federal Public Service Economy, Antwerp",
    "Okavango Rough Trading (Pty) Ltd",
    "Plot 63016, Block 8 Gaborone, Botswana",
    "EXP-2026-0071",
    "Scheldt Diamonds NV",
    "Hoveniersstraat 22 2018 Antwerpen, Belgium",
    "BE-0411.222.333",
    "7102.10",
    "1,843.27",
    "42,123,456.78",
    "7102.21",
    "12,000.00",
    "7102.31",
    "1,157.65",
    "5,923,801.00",
    "4,000.92",
    "48,059,257.78",
    "BW-SEAL-0098812, BW-SEAL-0098813",
    "BW-P-778812",
    "JMI/GGDO/12345",
    "Officer 7F3A",
    "KP-MT-CAF",
    "Two boxes, one seal each.",
    "CF-BER",
    "BW0012300",
    "7K3M9XQ2",
    "Import confirmation",
    "Date of receipt",
    "Authentication by the importing authority",
)


def test_every_field_of_annex_i_stands_on_the_page(page, text_of):
    text = text_of(render_certificate(page))
    missing = [field for field in FIELDS if field not in text]
    assert missing == []


def test_the_number_stands_on_both_parts(page, text_of):
    assert text_of(render_certificate(page)).count("BW0012345") == 2


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_national_title_and_statement_stand_beside_the_english_in_reading_order(language, in_language, text_of):
    text = text_of(render_certificate(in_language(language)))
    assert "Kimberley Process Certificate" in text
    # each word comes back with its letters in logical order, or a screen reader could not read it
    words = (official_title(PageKind.EXPORT, language) + " " + official_statement(PageKind.EXPORT, language)).split()
    together = text.replace(" ", "")
    lost = [word for word in words if word not in together]
    # poppler tears some Arabic words apart where a letter sits higher than its neighbour; the letters are all there
    assert len(lost) <= (len(words) // 4 if language == "ar" else 0), lost
    assert [word for word in official_title(PageKind.EXPORT, language).split() if word not in together] == []


def test_arabic_and_chinese_names_survive(in_language, text_of):
    named = in_language(
        "ar", exporter=PrintedParty("دبي للألماس"), importer=PrintedParty("上海鑽石交易所 上海钻石交易所")
    )
    text = text_of(render_certificate(named))
    assert "دبي" in text
    assert "للألماس" in text
    assert "上海鑽石交易所" in text
    assert "上海钻石交易所" in text


def test_it_is_archival_tagged_and_says_its_language(page):
    pdf = render_certificate(page)
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"/StructTreeRoot" in pdf
    assert b"/Lang(en)" in pdf
    assert b"Kimberley Process Certificate BW0012345" in pdf  # title
    assert b"Department of Mines" in pdf  # author


def test_equal_pages_give_equal_bytes_and_another_second_another_file(page):
    assert render_certificate(page) == render_certificate(page)
    assert render_certificate(page) != render_certificate(replace(page, issued_at_unix=page.issued_at_unix + 1))


def test_the_signed_statement_is_attached_unchanged(page):
    reading = read_pdf(render_certificate(page))
    assert reading.sd_jwt == page.sd_jwt
    assert reading.number == page.number
    assert reading.seal == "unsigned"


@pytest.mark.parametrize("changes", [{}, {"demonstration": True}, {"void": "Replaced"}, {"language": "ar"}])
def test_the_qr_code_on_the_page_reads_at_150_dpi(changes, page, picture_of):
    picture = picture_of(render_certificate(replace(page, **changes)), 150)
    assert qr.scan(picture) == [page.qr_text]


def test_a_demonstration_says_so_across_the_page_and_a_real_one_does_not(page, text_of):
    specimen = render_certificate(replace(page, demonstration=True))
    assert text_of(specimen).count("SPECIMEN – DEMONSTRATION") == 2
    assert b"SPECIMEN - DEMONSTRATION" in specimen  # the file's title
    assert "SPECIMEN" not in text_of(render_certificate(page))


@pytest.mark.parametrize("kind", [kind for kind in PageKind if kind != PageKind.EXPORT])
def test_a_technical_certificate_cannot_be_taken_for_a_trade_certificate(kind, in_language, text_of):
    text = text_of(render_certificate(in_language("fr", kind=kind)))
    assert "Technical Kimberley Process Certificate" in text
    assert "NOT FOR TRADE" in text
    assert "have been handled in accordance" not in text


def test_a_void_certificate_says_so_with_the_reason(page, text_of):
    text = text_of(render_certificate(replace(page, void="Replaced by BW0012399")))
    assert "VOID" in text
    assert "Replaced by BW0012399" in text


def test_mixed_origin_is_three_stars_with_the_countries(page, text_of):
    origin = (PrintedOrigin("Botswana", Decimal("60.00")), PrintedOrigin("Namibia", Decimal("40.00")))
    text = text_of(render_certificate(replace(page, mixed=True, origin=origin)))
    assert "*** (mixed origin)" in text
    assert "Botswana 60.00 %, Namibia 40.00 %" in text


def test_many_lines_go_to_a_schedule_and_none_is_lost(page, text_of):
    lines = tuple(PrintedLine("7102.31", Decimal(n) + Decimal("0.17"), Decimal(n)) for n in range(1, 121))
    text = text_of(render_certificate(replace(page, lines=lines)))
    assert "see schedule overleaf" in text
    assert "Schedule of the shipment" in text
    assert [n for n in range(1, 121) if f"{n}.17" not in text] == []


@pytest.mark.parametrize(
    "evil",
    ['#read("/etc/passwd")', "*strong* _emph_ $x^2$", "#panic()", '"); #eval("1")', "\\u{41} ]}{[ // /* <label> @ref"],
)
def test_injected_markup_stays_text(evil, page, text_of):
    text = text_of(render_certificate(replace(page, remarks=evil, exporter=PrintedParty(evil))))
    assert evil in text


@pytest.mark.parametrize("missing", ["ภาษาไทย", "😀", "𠮷"])
def test_a_character_without_glyph_is_refused_by_name(missing, page):
    with pytest.raises(NotPrintable, match=r"no bundled font has the character"):
        render_certificate(replace(page, remarks=f"name {missing}"))


@pytest.mark.parametrize("disguise", ["\u202e", "\u200b", "\u0000", "\u2066", "\ufeff", "\ue000", "\u001b"])
def test_hidden_and_reordering_characters_are_refused(disguise, page):
    with pytest.raises(NotPrintable, match="U\\+"):
        render_certificate(replace(page, exporter=PrintedParty(f"De{disguise}Beers")))


def test_more_text_than_paper_is_refused_and_never_cut_off(page):
    with pytest.raises(NotPrintable, match="longer than the paper"):
        render_certificate(replace(page, remarks="word " * 2000))


def test_long_names_make_the_type_smaller_and_stay_whole(page, text_of):
    name = "Société d’exploitation et de commercialisation des diamants bruts de la Haute-Sangha " * 3
    address = "\n".join(f"Line {n} of a long address in Bangui" for n in range(6))
    party = PrintedParty(name.strip(), address)
    text = text_of(render_certificate(replace(page, exporter=party, importer=party, language="fr")))
    assert "Line 5 of a long address" in text


@pytest.mark.parametrize("number", ["", "../../etc/passwd", "BW/1", 'BW"1', "BW\n1", "x" * 60])
def test_a_number_that_could_not_name_a_file_is_refused(number, page):
    with pytest.raises(NotPrintable):
        render_certificate(replace(page, number=number))


def test_a_language_without_words_is_refused(page):
    with pytest.raises(NotPrintable, match="language"):
        render_certificate(replace(page, language="xx"))


def test_a_qr_code_too_large_for_the_page_is_refused(page):
    with pytest.raises(NotPrintable, match="mm"):
        render_certificate(replace(page, qr_text="A" * 3000))


def test_every_language_has_every_word():
    words = json.loads((Path(certificate.__file__).parent / "layouts" / "words.json").read_text(encoding="utf-8"))
    assert tuple(sorted(words)) == tuple(sorted(LANGUAGES))
    for language, entries in words.items():
        assert set(entries) == set(words["en"]), language
        assert all(entries.values()), language


def test_the_statement_is_the_core_documents():
    assert official_statement(PageKind.EXPORT) == FIELDS[1]
    assert official_title(PageKind.EXPORT) == FIELDS[0]


def test_threads_do_not_mix_pages(page):
    pages = [replace(page, number=f"BW001000{n}", sd_jwt=page.sd_jwt) for n in range(4)]
    alone = [render_certificate(one) for one in pages]
    together: dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda n=n: together.__setitem__(n, render_certificate(pages[n]))) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[n] for n in range(4)] == alone


def test_a_failed_page_leaves_no_trace_in_the_next(page):
    before = render_certificate(page)
    with pytest.raises(NotPrintable):
        render_certificate(replace(page, remarks="😀"))
    assert render_certificate(page) == before


def test_the_fonts_are_the_bundled_ones_only():
    assert set(press._fonts().families()) == {"Noto Sans", "Noto Serif", "Amiri", "Noto Sans SC"}
    fonts = list(press._FONTS.glob("*.ttf"))
    assert sum(font.stat().st_size for font in fonts) < 6_000_000
    assert (press._FONTS / "OFL.txt").exists()


def test_documents_run_without_django():
    modules = "certificate, label, receipt, qr, seal, read"
    code = f"import sys; from openkimberley.documents import {modules}; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
