"""The sentences of the border check, where translators find them, and those of every language as the page carries them.

The page is written in TypeScript (``web/verifier/page``) and says ``t("sentence")``. Each of its sentences stands here
too; a test compares the two. What the engine says is gathered from ``verification`` itself.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import Any

from openkimberley.kernel.rules import gettext_noop as _

PACKAGE = Path(__file__).parents[2]
LOCALE = Path(__file__).parents[1] / "locale"
COUNTS = {"ar": (0, 1, 2, 3, 11, 100), "es": (1, 2), "fr": (1, 2), "pt": (1, 2), "ru": (1, 2, 5), "zh_Hans": (1,)}
"""For each language one number for each of its plural forms, in the order of its catalog."""


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Mark a counted sentence for translation without translating it."""
    return one, many


SENTENCES = (
    _("A proof of another certificate proves nothing here. Take it away if it came from another paper."),
    _("Is this the proof of this certificate?"),
    _("Take the proof away"),
    _("%(here)s of %(all)s have been scanned."),
    _("A hand scanner needs no field: just scan."),
    _("A list of a trust that this device does not know yet"),
    _("A picture, the PDF, the electronic certificate, a proof; also a list, or what another device has seen."),
    _("Accept: nothing found against it."),
    _("Age of the list"),
    _("Another code: its label, its proof, or the next certificate"),
    _("Arrived"),
    _("Ask the issuing authority before you decide."),
    _("Authorities with keys"),
    _("Border check"),
    _("Box not compared"),
    _("Cannot tell"),
    _("Certificate"),
    _("Certificates seen"),
    _("Check code"),
    _("Chinese Taipei"),
    _("Compare"),
    _(
        "Compare the fingerprint of its root with the one that your authority published. From then on "
        "everything must follow from it."
    ),
    _("Compare this with the paper and the box. The signed record is the truth; the paper is its picture."),
    _("Confirm the import at your desk as soon as there is a line, or hand in the file of certificates seen."),
    _("Could not be checked"),
    _("Decide whether this list is to be used."),
    _("Destination"),
    _("Device %(device)s"),
    _("Differences found"),
    _("Do not accept it. Keep the paper and tell your supervisor."),
    _("Do not give the paper back, and do not let the box go."),
    _("Do not use it"),
    _("European Union"),
    _("Every check"),
    _("Expected"),
    _("Expected arrivals"),
    _("Export for other devices"),
    _("Exporter"),
    _("Failed"),
    _("Found were %(found)s carats; signed were %(signed)s."),
    _("Found were %(found)s parcels; signed were %(signed)s."),
    _("Goods only pass through here (transit)"),
    _("Hold the shipment until a supervisor has decided."),
    _("Hold these shipments and tell your supervisor: a certificate is used once."),
    _("I had it from my authority: use it"),
    _("I typed it wrong: type again"),
    _("Importer"),
    _("Invalid"),
    _("Is this the same presentation?"),
    _("Issued"),
    _("Issuer"),
    _("Issuing authority"),
    _("Its code, such as EU-BE. The destination is compared with it."),
    _("Join a file of another device"),
    _("Keep paper and box together until the answer is here."),
    _("Keep paper and box together, sealed and in your sight."),
    _("Language"),
    _("Let the shipment go on."),
    _("Ask for the certificate itself. Without one, no goods pass."),
    _("This is a message about a certificate, not a certificate: let no goods pass on it."),
    _("Line %(hs)s"),
    _("List of"),
    _("List: %(age)s"),
    _("Load a newer list"),
    _("Looking for a code…"),
    _("Main"),
    _("Mixed origin"),
    _("My authority"),
    _("My post"),
    _("Name of this device"),
    _("Next certificate"),
    _("No certificate has been scanned on this device."),
    _("No code was found in the picture: hold it flat, near and in light."),
    _("No list"),
    _("No, another paper or box"),
    _("No: it was adopted by hand on %(date)s."),
    _(
        "Nobody vouches for the list of %(date)s but whoever gave it to you. Use it only if you had it from "
        "your own authority’s hand."
    ),
    _("Not proven"),
    _("Nothing here is proven: it is only what the paper says of itself."),
    _("Nothing is expected."),
    _("Now the box: type what you find"),
    _("Number"),
    _("Number of parcels"),
    _("On a telephone this opens the camera."),
    _("One moment…"),
    _("Or choose a file"),
    _("Or paste the text of the code, or type the number of a paper"),
    _("Origin"),
    _("Parcels"),
    _("Participants"),
    _("Passed"),
    _("Photograph the code"),
    _("Print this result"),
    _("Read out the number and the check code. Use an address that you know, never one from the paper or its carrier."),
    _("Read the seal off the container, count the parcels, weigh. The page compares."),
    _("Result"),
    _("Save"),
    _("Saved."),
    _("Say first whose desk this is: then the destination is checked too."),
    _("Scan"),
    _("Scan the label of this box. Or look at the other label by itself."),
    _("Scanned again: the officer says that it is the same presentation."),
    _("Scanned again"),
    _("Seal"),
    _("Seal on the container"),
    _("Security paper"),
    _("Seen"),
    _("Settings"),
    _("Shown more than once"),
    _("Signed"),
    _("Skip to the content"),
    _("So that others know which device has seen a certificate."),
    _("State"),
    _("Step"),
    _("Stop"),
    _("Such as Airport, gate 4."),
    _(
        "THIS DEVICE REMEMBERS NOTHING after the page is closed: a certificate shown twice is not found. Use "
        "an ordinary window, not a private one, and export the file before you close."
    ),
    _("Take that label away"),
    _("Tell your supervisor, and say the reasons above."),
    _("The box"),
    _("The camera cannot be used. Photograph or paste instead."),
    _("The chain of this file is broken: an entry was changed or taken out."),
    _("The clock of this device says %(now)s, which lies before what it has already seen: set it right."),
    _("The code shows no number of parcels: compare %(found)s with the paper."),
    _("The code shows no seal: compare %(found)s with the paper."),
    _("The code shows no weight: compare %(found)s carats with the paper."),
    _("The file is larger than any certificate or list."),
    _("The hand scanner types on another keyboard layout: set it to the layout of the United States."),
    _("The label belongs to this certificate."),
    _("The label does not stand up by itself: do not rely on it."),
    _("The label is of another certificate: %(number)s."),
    _("The list in use is not signed: it was adopted by hand on %(date)s."),
    _("The list is in use."),
    _("The list of whom to trust"),
    _("The list was refused: %(reason)s"),
    _("The new list is in use."),
    _("The number of parcels is the one that was signed."),
    _("The paper is good. Now compare the box before you accept."),
    _("The picture cannot be opened."),
    _("The seal found is %(found)s; signed was %(signed)s."),
    _("The seal is the one that was signed."),
    _("The weight is the one that was signed."),
    _("There are two certificates in this picture: show one at a time."),
    _("There is no list on this device yet."),
    _("There is no list on this device yet: nothing can be checked. Load the list of your authority first."),
    _("There is no text to check."),
    _("They are kept with everything you scan and find."),
    _("This browser gives little memory: export the file of certificates seen every day."),
    _("This certificate was shown here on %(when)s."),
    _("This certificate was shown on the device %(device)s on %(when)s."),
    _("This could not be read"),
    _("This device knows of no earlier showing."),
    _("This file does not continue what is known of that device: one of the two was altered."),
    _("This file is neither a certificate, nor a list, nor a file of certificates seen."),
    _("This is a proof from the issuer’s journal. Now scan the certificate that it belongs to."),
    _("This is not a file of certificates seen."),
    _("This is not a list of Participants and keys."),
    _("This is the certificate on the screen."),
    _("This list is NOT SIGNED"),
    _("This list is in use already."),
    _("This list is not signed, and this device has a signed one: it was refused."),
    _("This list knows of no advance notices: it cannot say what is expected."),
    _("This list of %(new)s is older than the one of %(old)s on this device: it was refused."),
    _("This says nothing about the certificate. Try again, or ask the issuing authority."),
    _("Total"),
    _("Two certificates are mixed up here"),
    _("Type a whole number."),
    _("Type carats with at most two decimals, such as 120.50."),
    _("Type what you find."),
    _("Use the camera"),
    _("Valid"),
    _("Valid until"),
    _("Verdict"),
    _("Verify"),
    _("Verify a certificate"),
    _("Warn the issuing authority: somebody may be using its name."),
    _("Warning"),
    _("Weight"),
    _("Weight in carats"),
    _("What is known"),
    _("What the camera sees"),
    _("What the signed record says"),
    _("What to do now"),
    _("What was found"),
    _("Where and when"),
    _("Whom to ask"),
    _("Works without a network. What is scanned stays on this device."),
    _("Write down who carried it. Tell your supervisor."),
    _("Written. SHA-256: %(hash)s"),
    _("Yes, the same"),
    _("Yes: every signature was checked."),
    _("Your initials"),
    _("Your supervisor"),
    _("clock"),
    _("label"),
    _("memory"),
    _("not signed"),
    _("was confirmed by %(authority)s, and was shown here:"),
)

COUNTED = (
    ngettext(
        "%(n)s day old",
        "%(n)s days old",
    ),
    ngettext(
        "%(n)s entry of another device was joined.",
        "%(n)s entries of another device were joined.",
    ),
    ngettext(
        "%(n)s showing is remembered.",
        "%(n)s showings are remembered.",
    ),
    ngettext(
        "Files of %(n)s other device are joined.",
        "Files of %(n)s other devices are joined.",
    ),
    ngettext(
        "The certificate was shown here %(n)s minute ago. Is it the same paper, with the same box, still before you?",
        "The certificate was shown here %(n)s minutes ago. Is it the same paper, with the same box, still before you?",
    ),
    ngettext(
        "The list is %(n)s day old.",
        "The list is %(n)s days old.",
    ),
)


@cache
def sentences() -> tuple[str, ...]:
    """Every sentence that the page may say: its own, and those of the engine."""
    from openkimberley.node.messages import gathered, messages

    engine = {message.id for message in messages(gathered(PACKAGE / "verification")) if isinstance(message.id, str)}
    return tuple(sorted({*SENTENCES, *engine}))


def carried() -> dict[str, Any]:
    """The words as they are put into the page: English once, then each language in the same order, "" "
    "where it has none."""
    ids = sentences()
    said: dict[str, Any] = {"ids": list(ids), "plurals": [list(pair) for pair in COUNTED]}
    for language, numbers in COUNTS.items():
        with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
            catalog = gettext.GNUTranslations(file)
        one = [_other(catalog.gettext(sentence), sentence) for sentence in ids]
        forms = [[_other(catalog.ngettext(*pair, number), *pair) for number in numbers] for pair in COUNTED]
        many = [each if all(each) else [] for each in forms]
        said[language.lower().replace("_", "-")] = {"one": one, "many": many}
    return said


def _other(said: str, *english: str) -> str:
    """The translation; nothing where the catalog has none and gave back the English."""
    return "" if said in english else said
