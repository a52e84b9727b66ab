"""State machines: pure functions from a record to the next record."""
