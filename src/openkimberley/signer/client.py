"""The node's side: every call of ``trust.signing.SigningService`` over the signer's socket."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Conflict, Untrusted
from openkimberley.signer import wire
from openkimberley.signer.keystore import newest, read_public

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openkimberley.signer.place import SignerPlace

SECONDS = 20.0
"""How long an answer may take: a key file is opened in about a second, and others may be before us."""
DOWN = (
    "The signing process does not answer, so nothing was signed and nothing was done. Everything else works. Tell the"
    " operator: docs/operate, the signer."
)


class Client:
    """Asks the signing process of a folder. Public keys are read from its file, so that pages need no process."""

    def __init__(self, where: SignerPlace) -> None:
        self._where = where
        self._public: tuple[int, list[dict[str, Any]]] = (-1, [])

    def _ask(self, call: str, **said: Any) -> Any:
        """One question. Raises one of the five errors; ``Conflict`` where nobody answers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(SECONDS)
            try:
                connection.connect(str(self._where.socket))
                wire.send(connection, {"v": 1, "call": call, "with": said})
                answer = wire.receive(connection)
            except (OSError, Untrusted) as error:
                raise Conflict(DOWN) from error
            except ValueError as error:
                raise Untrusted(wire.STEP, "this cannot be said to the signer in JSON") from error
        if "error" in answer:
            raise wire.error_from_json(answer["error"])
        return answer["done"]

    def answers(self) -> bool:
        """True where the process is there."""
        try:
            self._ask("ways", authority="", officer="")
        except Conflict:
            return False
        return True

    def public_key(self, *, authority: str, use: str) -> dict[str, Any] | None:
        """The newest key of an authority for a use, None where there is none."""
        try:
            changed = self._where.public.stat().st_mtime_ns
        except OSError:
            return None
        if changed != self._public[0]:
            self._public = (changed, read_public(self._where))
        return newest(self._public[1], authority, use)

    def certificate(self, *, request: Mapping[str, Any]) -> dict[str, Any]:
        """Sign a certificate."""
        return dict(self._ask("certificate", request=dict(request)))

    def codes(self, *, authority: str, number: str, log_index: int) -> dict[str, str]:
        """The two QR texts of a certificate signed before."""
        return dict(self._ask("codes", authority=authority, number=number, log_index=log_index))

    def settle(self, *, authority: str, number: str) -> None:
        """Tell that a certificate is recorded for good."""
        self._ask("settle", authority=authority, number=number)

    def seal(self, *, authority: str, number: str, digest: str) -> str:
        """The DER signature of the seal over a page."""
        return str(self._ask("seal", authority=authority, number=number, digest=digest))

    def statement(
        self, *, authority: str, typ: str, payload: Mapping[str, Any], approvals: Sequence[str] = ()
    ) -> str:  # fmt: skip
        """The compact JWS of a statement."""
        return str(self._ask("statement", authority=authority, typ=typ, payload=dict(payload),
                             approvals=list(approvals)))  # fmt: skip

    def checkpoint(self, *, origin: str, size: int, root: str) -> str:
        """The signed note of the journal."""
        return str(self._ask("checkpoint", origin=origin, size=size, root=root))

    def cosignature(self, *, text: str, name: str, time: int) -> dict[str, Any]:
        """The witness's signature."""
        return dict(self._ask("cosignature", text=text, name=name, time=time))

    def request(self, *, authority: str, base: str) -> str:
        """The transport key's signature over an HTTP message's signature base."""
        return str(self._ask("request", authority=authority, base=base))

    def ways(self, *, authority: str, officer: str) -> dict[str, Any]:
        """How an officer may approve."""
        return dict(self._ask("ways", authority=authority, officer=officer))

    def approve(
        self, *, authority: str, officer: str, role: str, draft: Mapping[str, Any], evidence: Mapping[str, Any], at: int
    ) -> dict[str, Any]:
        """Have an approval checked and kept."""
        return dict(self._ask("approve", authority=authority, officer=officer, role=role, draft=dict(draft),
                              evidence=dict(evidence), at=at))  # fmt: skip

    def approval(self, *, id: str, at: int) -> dict[str, Any]:  # noqa: A002 - the name it has in JSON
        """What is known of an approval."""
        return dict(self._ask("approval", id=id, at=at))

    def challenge(self, *, authority: str, officer: str, at: int) -> str:
        """A challenge for the enrolment of an authenticator."""
        return str(self._ask("challenge", authority=authority, officer=officer, at=at))

    def enrol(
        self, *, authority: str, officer: str, roles: Sequence[str], evidence: Mapping[str, Any], at: int
    ) -> dict[str, Any]:
        """Enter a new approval credential."""
        return dict(self._ask("enrol", authority=authority, officer=officer, roles=list(roles),
                              evidence=dict(evidence), at=at))  # fmt: skip
