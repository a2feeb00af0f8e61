"""Reading what is recorded; nothing in here writes."""
