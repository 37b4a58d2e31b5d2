"""The node as a Django application: installs what the areas leave open."""

from django.apps import AppConfig


class NodeConfig(AppConfig):
    """Sets up SQLite's durability and the way to the signing process."""

    name = "openkimberley.node"
    label = "node"

    def ready(self) -> None:
        """Give ``trust.signing`` the client of the signing process: this process holds no key."""
        from openkimberley.node import keys

        keys.install()
