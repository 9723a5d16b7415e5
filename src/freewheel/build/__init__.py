"""Source distributions become wheels, once (PEP 517)."""
