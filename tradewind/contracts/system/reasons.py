"""Why the ledger sets bytes aside. The codes are stable."""

from enum import StrEnum


class QuarantineReason(StrEnum):
    """Why the ledger set bytes aside instead of appending them."""

    MALFORMED = "MALFORMED"
    UNKNOWN_TOPIC = "UNKNOWN_TOPIC"
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    INVALID = "INVALID"
    SUBJECT_MISMATCH = "SUBJECT_MISMATCH"
    CONFLICT = "CONFLICT"
    TOO_LARGE = "TOO_LARGE"
