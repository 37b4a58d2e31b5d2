"""PURE. What a witness accepts, when it is asked, and what a monitor finds in the journals of others."""
