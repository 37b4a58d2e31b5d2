"""Fakes, stolen paper, specimens, and questions to issuers."""
