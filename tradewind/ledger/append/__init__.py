"""The write path: one fenced writer that proves every event before it appends it."""
