"""The Kimberley Process Certification Scheme as open software."""

__version__ = "0.1.0"
