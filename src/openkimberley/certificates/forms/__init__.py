"""Pages' forms: what was typed becomes values. Forms keep every word as it was typed and save nothing."""
