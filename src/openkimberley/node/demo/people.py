"""The people and companies of the demonstration. All of them are fictional, and named as such."""

from __future__ import annotations

from dataclasses import dataclass

from openkimberley.kernel.actor import Actor, Role

ORIGIN = "journal.demonstration.kp.example/1"
"""The name of the demonstration's journal."""

PRODUCER, ANTWERP = "BW", "EU-BE"
AUTHORITIES = {PRODUCER: "Department of Mines (demonstration)", ANTWERP: "Diamond Office Antwerp (demonstration)"}
PASSWORD = "rough-diamonds-2026"  # noqa: S105 - printed at every start of a demonstration, and good for nothing else
APPROVAL = {"level": "software", "passphrase": PASSWORD}
"""How every officer of the demonstration approves."""
APPROVES = {Role.ISSUING_OFFICER: "maker", Role.APPROVING_OFFICER: "checker"}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can sign in to the demonstration."""

    key: str
    name: str
    email: str
    role: Role
    authority: str
    company: str = ""

    @property
    def actor(self) -> Actor:
        """The person as an actor."""
        company = EXPORTER_LICENCE if self.role is Role.AGENT else self.company  # the agent's power of attorney
        companies = frozenset({company}) if company else frozenset()
        return Actor(self.key, frozenset({self.role}), authority=self.authority, companies=companies, via="cli")


EXPORTER_LICENCE, SECOND_EXPORTER = "BW-EXP-2026-0001", "BW-EXP-2026-0002"
AGENT_LICENCE = "BW-AGT-2026-0001"
COURIER_LICENCE, IMPORTER_LICENCE, ANTWERP_EXPORTER = "BW-COU-2026-0001", "EU-BE-IMP-2026-0001", "EU-BE-EXP-2026-0001"

PEOPLE = (
    Person("exporter", "Mpho (exporter)", "exporter@demo.example", Role.APPLICANT, PRODUCER, EXPORTER_LICENCE),
    Person("agent", "Gorata (agent)", "agent@demo.example", Role.AGENT, PRODUCER, AGENT_LICENCE),
    Person("issuing", "Kagiso (issuing officer)", "issuing@demo.example", Role.ISSUING_OFFICER, PRODUCER),
    Person("approving", "Naledi (approving officer)", "approving@demo.example", Role.APPROVING_OFFICER, PRODUCER),
    Person("valuer", "Tumelo (government valuer)", "valuer@demo.example", Role.VALUER, PRODUCER),
    Person("supervisor", "Sekgoma (supervisor)", "supervisor@demo.example", Role.SUPERVISOR, PRODUCER),
    Person("auditor", "Lesedi (auditor)", "auditor@demo.example", Role.AUDITOR, PRODUCER),
    Person("admin", "Boitumelo (administrator)", "admin@demo.example", Role.ADMINISTRATOR, PRODUCER),
    Person("import", "Anneke (import officer)", "import@demo.example", Role.IMPORT_OFFICER, ANTWERP),
    Person("be-issuing", "Bart (issuing officer)", "be-issuing@demo.example", Role.ISSUING_OFFICER, ANTWERP),
    Person("be-approving", "Clara (approving officer)", "be-approving@demo.example", Role.APPROVING_OFFICER, ANTWERP),
    Person("be-supervisor", "Dirk (supervisor)", "be-supervisor@demo.example", Role.SUPERVISOR, ANTWERP),
    Person("be-admin", "Els (administrator)", "be-admin@demo.example", Role.ADMINISTRATOR, ANTWERP),
    Person("trader", "Fien (trader in Antwerp)", "trader@demo.example", Role.APPLICANT, ANTWERP, ANTWERP_EXPORTER),
)
BY_KEY = {person.key: person.actor for person in PEOPLE}

KALAHARI = {"name": "Fictional Kalahari Rough (Pty) Ltd", "address": "Plot 1, Main Mall, Gaborone, Botswana",
            "licence": EXPORTER_LICENCE}  # fmt: skip
OKAVANGO = {"name": "Fictional Okavango Stones (Pty) Ltd", "address": "Plot 7, Industrial Road, Gaborone, Botswana",
            "licence": SECOND_EXPORTER}  # fmt: skip
SCHELDT = {"name": "Fictional Scheldt Diamonds BV", "address": "Fictiestraat 1, 2018 Antwerpen, Belgium",
           "licence": IMPORTER_LICENCE}  # fmt: skip
SCHELDT_EXPORT = {**SCHELDT, "licence": ANTWERP_EXPORTER}
AGENCY = {"name": "Fictional Gorata Clearing (Pty) Ltd", "address": "Plot 9, Broadhurst, Gaborone, Botswana",
          "licence": AGENT_LICENCE}  # fmt: skip
CARRIERS = {"name": "Fictional Secure Carriers (Pty) Ltd", "address": "Airport Road 2, Gaborone, Botswana",
            "licence": COURIER_LICENCE}  # fmt: skip
CREEK = {"name": "Fictional Creek Gems DMCC", "address": "Fiction Tower 3, Dubai, United Arab Emirates", "licence": ""}
