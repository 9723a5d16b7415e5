"""The simple repository API (PEP 503, 592, 658/714, 691, 700)."""
