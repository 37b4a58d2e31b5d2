"""Pages: ``outbound`` (the exporting side), ``inbound`` (the import desk), ``papers`` (papers of others)."""
