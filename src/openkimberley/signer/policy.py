"""What this signer demands before it signs. A file of its own: nobody but the signer's user can make it milder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Conflict
from openkimberley.trust.approval import LEVELS, NODE, SOFTWARE, WEBAUTHN

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Policy:
    """The demands.

    ``levels`` of approval that count; ``cap`` certificates a day and authority; ``longest_validity`` days from issue to
    expiry; ``approval_hours`` an approval is good for; ``voids_by_two`` whether a signed voiding needs two officers;
    ``ranges`` and ``enrolment``: ``confirmed`` at the signer's own command line, or ``told`` by the node;
    ``clock``: the signer's ``own``, or the one ``told`` by the node (a demonstration tells of months in a minute);
    ``rp_id`` and ``origins`` of WebAuthn; ``memory`` KiB of Argon2id for officers' keys; ``peers`` the user ids that
    may connect besides the signer's own; ``backend`` ``file`` or ``pkcs11`` with its ``module`` and ``token``.
    """

    levels: tuple[str, ...] = (WEBAUTHN, SOFTWARE)
    cap: int = 500
    longest_validity: int = 366
    approval_hours: int = 72
    voids_by_two: bool = True
    ranges: str = "confirmed"
    enrolment: str = "confirmed"
    clock: str = "own"
    rp_id: str = "localhost"
    origins: tuple[str, ...] = ()
    memory: int = 65_536
    peers: tuple[int, ...] = ()
    backend: str = "file"
    module: str = ""
    token: str = ""

    def as_json(self) -> dict[str, Any]:
        """The policy as its file has it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Policy:
        """The policy of its file. Raises ``Conflict`` for a name or value that is none: never a silent default."""
        known = {one.name: one.default for one in fields(cls)}
        said = {name: tuple(value) if isinstance(value, list) else value for name, value in written.items()}
        wrong = [name for name, value in said.items() if name not in known or type(value) is not type(known[name])]
        choices = {"ranges": ("confirmed", "told"), "enrolment": ("confirmed", "told"), "clock": ("own", "told"),
                   "backend": ("file", "pkcs11")}  # fmt: skip
        wrong += [name for name, allowed in choices.items() if said.get(name, allowed[0]) not in allowed]
        if wrong or not set(said.get("levels", ())) <= set(LEVELS):
            raise Conflict(f"the signer's policy is not understood: {', '.join(wrong) or 'levels'}")
        values: dict[str, Any] = said
        return cls(**values)


TRIAL = Policy(
    levels=(WEBAUTHN, SOFTWARE, NODE), cap=1_000_000, ranges="told", enrolment="told", clock="told", memory=64,
    voids_by_two=False,
)  # fmt: skip
"""For tests and benchmarks: the node's word counts, and so does its clock."""

DEMONSTRATION = Policy(cap=1000, ranges="told", enrolment="told", clock="told", memory=16_384)
"""For a demonstration while it is built; its officers approve with keys, and the story has its own time."""
