"""Pages of certification: applications, examination, certificates, blank paper, tables. Each makes one domain call."""
