"""The node as a Django application: installs what the areas leave open."""

from django.apps import AppConfig


class NodeConfig(AppConfig):
    """Sets up SQLite's durability and the node's signing keys."""

    name = "openkimberley.node"
    label = "node"

    def ready(self) -> None:
        """Give ``trust.signing`` the node's keystore. Keys are opened when first used, never at start."""
        from openkimberley.node import keys

        keys.install()
