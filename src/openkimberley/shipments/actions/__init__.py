"""The verbs of shipments, in the order in which a shipment lives."""

from openkimberley.shipments.actions.arrival import confirm_import, decide_hold, hand_in_proof, inspect, present
from openkimberley.shipments.actions.discrepancy import (
    accept_correction,
    bring_original,
    confiscate,
    detain,
    refuse_goods,
    release_with_remedy,
    return_goods,
    tell_issuer,
)  # fmt: skip
from openkimberley.shipments.actions.erasure import erase
from openkimberley.shipments.actions.export import (
    AppliedSeal,
    Picture,
    announce,
    cancel,
    depart,
    record_transit,
    seal,
)  # fmt: skip
from openkimberley.shipments.actions.lateness import chase, chase_late
from openkimberley.shipments.actions.outbox import (
    claim_notices,
    deliver_notices,
    letter,
    mark_notice_sent,
    mark_notice_unsent,
    readdress_notice,
    wording,
)  # fmt: skip
from openkimberley.shipments.actions.papers import (
    ask_issuer,
    check_paper_again,
    enter_confirmation,
    register_paper,
)  # fmt: skip
from openkimberley.shipments.actions.telling import tell_changes, tell_correction, tell_withdrawal

__all__ = [
    "AppliedSeal", "Picture", "accept_correction", "announce", "ask_issuer", "bring_original", "cancel", "chase",
    "chase_late", "check_paper_again", "claim_notices", "confirm_import", "confiscate", "decide_hold",
    "deliver_notices", "depart", "detain", "enter_confirmation", "erase", "hand_in_proof", "inspect", "letter",
    "mark_notice_sent", "mark_notice_unsent", "present", "readdress_notice", "record_transit", "refuse_goods",
    "register_paper", "release_with_remedy", "return_goods", "seal", "tell_changes", "tell_correction", "tell_issuer",
    "tell_withdrawal", "wording",
]  # fmt: skip
