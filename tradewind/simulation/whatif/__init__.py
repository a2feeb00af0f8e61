"""What would have become of recorded intents under other limits. Pure: no I/O."""
