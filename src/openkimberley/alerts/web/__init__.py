"""Pages of alerts: warnings, specimens, questions to issuers, listed names."""
