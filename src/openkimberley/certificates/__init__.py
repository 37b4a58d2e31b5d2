"""The Kimberley Process Certificate: application, blank forms, issue, void, replace."""
