"""Flags, environment and pip's files become one frozen `Config`; nothing else reads them."""
