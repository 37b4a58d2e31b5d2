"""``kimberley trust``: the trust list on plain folders of files, for machines that may never see a network.

Works without Django and without a database. See docs/operate/trust-list.md.
"""

from __future__ import annotations

import click

from openkimberley.node.trusting import ceremonial, offering, releasing, signatures


@click.group()
def trust() -> None:
    """The trust list: who takes part and whose keys count, signed by thresholds of offices."""


for _command in (
    signatures.key, offering.init, offering.propose, offering.renew, ceremonial.ceremony, offering.enrol,
    offering.rotate, offering.compromise, signatures.sign, signatures.collect, releasing.publish, releasing.bundle,
    releasing.inspect,
):  # fmt: skip
    trust.add_command(_command)
