"""Codes for why the ledger quarantines bytes. Runbooks name them, so they never change meaning."""

from enum import StrEnum


class QuarantineReason(StrEnum):
    """Why the ledger quarantined bytes instead of appending them."""

    MALFORMED = "MALFORMED"
    UNKNOWN_TOPIC = "UNKNOWN_TOPIC"
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    INVALID = "INVALID"
    SUBJECT_MISMATCH = "SUBJECT_MISMATCH"
    CONFLICT = "CONFLICT"
    TOO_LARGE = "TOO_LARGE"
    FENCED = "FENCED"
    """An approval by a process that had claimed for it in a database that was restored since."""
