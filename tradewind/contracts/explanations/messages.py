"""Why messages are set aside, in sentences."""

from collections.abc import Mapping
from typing import Final

from tradewind.contracts.explanations.explanation import Explanation
from tradewind.contracts.system.dead_letters import DeadLetterReason
from tradewind.contracts.system.reasons import QuarantineReason

QUARANTINE_REASONS: Final[Mapping[QuarantineReason, Explanation]] = {
    QuarantineReason.MALFORMED: Explanation(
        "The bytes are no event.",
        "Find out who may publish on this subject.",
    ),
    QuarantineReason.INVALID: Explanation(
        "It is written like an event, and says what no event may say.",
        "Find out which program wrote it, and mend that.",
    ),
    QuarantineReason.TOO_LARGE: Explanation(
        "It is larger than an event may be.",
        "Find out which program wrote it, and mend that.",
    ),
    QuarantineReason.UNKNOWN_TOPIC: Explanation(
        "This version of the platform does not know the topic.",
        "A newer or a foreign program publishes. Roll out the coordinator first.",
    ),
    QuarantineReason.UNKNOWN_VERSION: Explanation(
        "This version of the platform does not know that version of the event.",
        "A newer program publishes. Roll out the coordinator first.",
    ),
    QuarantineReason.SUBJECT_MISMATCH: Explanation(
        "It was published on the subject of another event.",
        "Find out which program wrote it, and mend that.",
    ),
    QuarantineReason.CONFLICT: Explanation(
        "It contradicts what is recorded. The first decision stands; this one is in no history.",
        (
            "Compare the two. If this one is the truth, correct by hand what is kept elsewhere. "
            "Then find the second writer."
        ),
    ),
    QuarantineReason.FENCED: Explanation(
        "It was decided before the database was restored or started again.",
        "Nothing: it allows nothing, and the sweeper sends its intent again.",
    ),
}

DEAD_LETTER_REASONS: Final[Mapping[DeadLetterReason, Explanation]] = {
    DeadLetterReason.RETRIES_EXHAUSTED: Explanation(
        "It was tried as often as it may be, and failed each time.",
        "Retry it once the cause is gone.",
    ),
    DeadLetterReason.TIME_LIMIT: Explanation(
        "It took longer than handling a message may take.",
        "Retry it once the cause is gone.",
    ),
    DeadLetterReason.AGE_LIMIT: Explanation(
        "It waited longer than a message may wait.",
        "Retry it once the cause is gone.",
    ),
    DeadLetterReason.PERMANENT_ERROR: Explanation(
        "It failed in a way that trying again does not change.",
        "Resolve it, or mend the cause and retry.",
    ),
    DeadLetterReason.UNEXPECTED_ERROR: Explanation(
        "The role met an error that nobody foresaw: a defect.",
        "Mend it, roll it out, then retry.",
    ),
}
