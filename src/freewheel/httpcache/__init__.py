"""RFC 9111 as functions of values. No clock, no files, no network."""
