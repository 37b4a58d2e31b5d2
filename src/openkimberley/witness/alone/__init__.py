"""What also runs without a node: asking witnesses, being one, and watching journals. No Django here."""
