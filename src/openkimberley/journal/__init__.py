"""The tamper-evident record, and the only door for writes."""
