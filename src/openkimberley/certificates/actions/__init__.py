"""The verbs of certification, in the order in which a certificate lives."""

from openkimberley.certificates.actions.afterwards import (
    instruct_correction,
    record_end_abroad,
    record_export_step,
    record_import_step,
    report_lost,
    take_back_expired,
    void,
)
from openkimberley.certificates.actions.application import (
    attach,
    detach,
    file,
    load_drafts,
    open_draft,
    open_replacement,
    open_technical,
    save_draft,
    withdraw,
)
from openkimberley.certificates.actions.approvals import attest
from openkimberley.certificates.actions.disclosure import Presentation, disclose
from openkimberley.certificates.actions.erasure import erase, reduced, remove_files
from openkimberley.certificates.actions.examination import examine, refuse, return_to_applicant, value
from openkimberley.certificates.actions.issue import approve
from openkimberley.certificates.actions.keys import end_key, register_key
from openkimberley.certificates.actions.paper import receive_forms, register_range, write_off_form
from openkimberley.certificates.actions.received import enter_correction, enter_received
from openkimberley.certificates.actions.statuslists import publish_due, publish_status_lists

__all__ = [
    "Presentation",
    "approve",
    "attach",
    "attest",
    "detach",
    "disclose",
    "end_key",
    "enter_correction",
    "enter_received",
    "erase",
    "examine",
    "file",
    "instruct_correction",
    "load_drafts",
    "open_draft",
    "open_replacement",
    "open_technical",
    "publish_due",
    "publish_status_lists",
    "receive_forms",
    "record_end_abroad",
    "record_export_step",
    "record_import_step",
    "reduced",
    "refuse",
    "register_key",
    "register_range",
    "remove_files",
    "report_lost",
    "return_to_applicant",
    "save_draft",
    "take_back_expired",
    "value",
    "void",
    "withdraw",
    "write_off_form",
]
