"""PURE. What may be corrected on an issued certificate, and on whose word (R086); what must be so before it is replaced
(R087, R092)."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from openkimberley.certificates.rules.case import Yielded, ask, objection
from openkimberley.kernel.rules import Objection, Severity, rule
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MINOR_FIELDS = frozenset(
    {
        "exporter/name", "exporter/address", "exporter/licence", "importer/name", "importer/address",
        "importer/licence",
        "parcel_reference", "destination_authority", "issuing_authority",
    }
)  # fmt: skip
"""Fields in which a slip of the pen changes nothing about the goods. Weight, value, codes, origin, number, dates and
seals are never among them: goods under other figures need another certificate."""

SAME_WORD = 0.6
"""How alike old and new text must be to be one word misspelt (1 is the same): a name with other letters than that is
another name. A choice of this software; no text of the Scheme gives a measure."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of an issued certificate, as it was and as it is to be; ``instructed`` by its issuing authority."""

    field: str
    old: str
    new: str
    instructed: bool


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is known when a new certificate is to take the place of an old one. ``exported`` once the goods have left;
    ``surrendered`` once the old paper is back; ``lost`` where it cannot come back; ``published`` once all were told."""

    number: str
    exported: bool
    surrendered: bool
    lost: bool = False
    voided: bool = False
    published: bool = False


def is_minor(field: str, old: str, new: str) -> bool:
    """True where the change is a slip of the pen in a field that says nothing about the goods."""
    if field not in MINOR_FIELDS or not new.strip():
        return False
    if not old.strip() or field.endswith(("/address", "/licence")):
        return True
    return SequenceMatcher(None, old.casefold(), new.casefold()).ratio() >= SAME_WORD


@rule("R086", severity=Severity.REFUSE)
def corrected_on_the_issuers_instruction(made: Correction) -> Iterator[Yielded]:
    """A minor error is corrected only on instruction of the issuing authority, by endorsement; the instruction is kept
    with the certificate."""
    if not made.instructed:
        yield objection(
            "R086", _("There is no instruction of the issuing authority for this correction."), field=made.field,
            remedy=_("Ask the issuing authority to sign an instruction."),
        )  # fmt: skip
    if not is_minor(made.field, made.old, made.new):
        yield objection(
            "R086", _('Changing %(name)s from "%(old)s" to "%(new)s" is no minor correction.'), field=made.field,
            remedy=_("Before export replace the certificate; after it open a discrepancy."),
            name=made.field, old=made.old, new=made.new,
        )  # fmt: skip


@rule("R087", severity=Severity.REFUSE)
def replaced_before_export_only(old: Replacement) -> Iterator[Yielded]:
    """Replacement only before export, with the old certificate surrendered; old number becomes void."""
    if old.exported:
        yield objection(
            "R087", _("The goods under %(number)s have left: it cannot be replaced any more."), field="number",
            remedy=_("Instruct a correction, or have the goods returned."), number=old.number,
        )  # fmt: skip
    if not old.surrendered and not old.lost:
        yield objection(
            "R087", _("The old certificate %(number)s was not handed in."), field="number",
            remedy=_("Take back the old paper first, or enter it as lost."), number=old.number,
        )  # fmt: skip


@rule("R092", severity=Severity.REFUSE)
def lost_is_voided_and_published_first(old: Replacement) -> Iterator[Yielded]:
    """A lost certificate is voided and published to all authorities before a replacement is issued."""
    if old.lost and not (old.voided and old.published):
        yield objection(
            "R092", _("The lost certificate %(number)s is not yet void and published to all authorities."),
            field="number",
            remedy=_("Enter the loss: that voids the number and tells all. Then issue."), number=old.number,
        )  # fmt: skip


BEFORE_CORRECTION = (corrected_on_the_issuers_instruction,)
BEFORE_REPLACEMENT = (replaced_before_export_only, lost_is_voided_and_published_first)


def text_at(content: Mapping[str, Any], field: str) -> str:
    """The text of a field such as ``exporter/name`` in a certificate's JSON, empty where there is none."""
    found: Any = content
    for key in field.split("/"):
        found = found.get(key) if hasattr(found, "get") else None
    return "" if found is None else str(found)


def before_correction(content: Mapping[str, Any], *, field: str, new: str) -> tuple[Objection, ...]:
    """What stands against the issuer's instruction to correct one field of a certificate (its JSON as issued)."""
    return ask(BEFORE_CORRECTION, Correction(field, text_at(content, field), new, True)).objections


def before_replacement(old: Replacement) -> tuple[Objection, ...]:
    """What stands against issuing a certificate in place of an old one."""
    return ask(BEFORE_REPLACEMENT, old).objections
