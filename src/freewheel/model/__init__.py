"""Values. Frozen, no IO."""
