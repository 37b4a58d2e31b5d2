"""What every desk must know of: fakes, stolen paper, listed names, and what genuine papers look like."""
