"""PDF, QR and label of a signed statement; runs without Django. Start with ``README.md``."""
