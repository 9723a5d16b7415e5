"""Every option as a row of a table, and words taken apart by it."""
