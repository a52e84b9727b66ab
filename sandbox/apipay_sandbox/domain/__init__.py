"""The state machines: pure functions from a record to the next record. No I/O, no clock."""
