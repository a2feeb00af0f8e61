"""Asks models of today about signals of the past; it records rows of its own, and no event."""
