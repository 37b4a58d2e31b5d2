"""PURE. The five ways a request can fail. Nothing else may cross a shell.

::

    KimberleyError
    ├── Refused(objections)       422  rules of the Scheme or of the software say no, all reasons at once
    ├── NotPermitted(permission)  403  this person may not do this
    ├── NotFound(kind, identifier) 404  there is no such thing, or not for this person
    ├── Conflict(message)         409  the thing has moved on since it was read, or is in another state
    └── Untrusted(step, reason)   400  bytes from outside that are not what they claim; names the numbered step

Programming errors (``LeftNoTrace`` and the like) are not among them and are never caught.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.kernel.rules import Objection


class KimberleyError(Exception):
    """One of the five failures that a shell translates for people and programs."""

    status = 500


class Refused(KimberleyError):
    """Rules object. ``objections`` holds every one of them, never only the first."""

    status = 422

    def __init__(self, objections: Iterable[Objection], subject: str = "") -> None:
        self.objections = tuple(objections)
        self.subject = subject
        if not self.objections:
            raise ValueError("a refusal needs at least one objection")
        super().__init__("; ".join(f"{o.rule}: {o.message}" for o in self.objections))


class NotPermitted(KimberleyError):
    """The actor's roles do not hold the permission, or not for this authority or company."""

    status = 403

    def __init__(self, permission: str, reason: str = "") -> None:
        self.permission = permission
        self.reason = reason
        super().__init__(reason or f"your roles do not include the permission {permission}")


class NotFound(KimberleyError):
    """There is no such thing, or the actor may not know of it."""

    status = 404

    def __init__(self, kind: str, identifier: str) -> None:
        self.kind = kind
        self.identifier = identifier
        super().__init__(f"there is no {kind} {identifier}")


class Conflict(KimberleyError):
    """The thing is in another state than the act needs, or was changed by somebody else meanwhile."""

    status = 409


class Untrusted(KimberleyError):
    """Bytes from outside failed a numbered step of a check. ``step`` is the number and name, ``reason`` for people."""

    status = 400

    def __init__(self, step: str, reason: str) -> None:
        self.step = step
        self.reason = reason
        super().__init__(f"{step}: {reason}")
