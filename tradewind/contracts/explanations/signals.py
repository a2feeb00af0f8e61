"""Why signals are not judged, what became of questions to models, and of signals, in sentences."""

from collections.abc import Mapping
from typing import Final

from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.contracts.decisions.payloads import Outcome
from tradewind.contracts.explanations.explanation import Explanation
from tradewind.contracts.signals.payloads import SignalRejection

SIGNAL_REASONS: Final[Mapping[SignalRejection, Explanation]] = {
    SignalRejection.TOO_OLD: Explanation(
        "It reached the enricher later than a signal may.",
        "Send signals as they arise, and see whether the enricher keeps up.",
    ),
    SignalRejection.FROM_THE_FUTURE: Explanation(
        "Its time lies ahead of the platform's clock.",
        "Set the clock of the source, and let it write its times in UTC.",
    ),
    SignalRejection.PRICE_DRIFT: Explanation(
        "The market has moved too far from its entry price.",
        "Send the price of the moment; a signal is no limit order.",
    ),
    SignalRejection.DATA_STALE: Explanation(
        "The market data was too old to judge it by.",
        "See whether the feeds run and their provider answers, and send it again.",
    ),
    SignalRejection.DATA_MISSING: Explanation(
        "Market data that its profile requires was not there.",
        "See whether the feeds run, or choose a profile that requires less.",
    ),
    SignalRejection.SPREAD_TOO_WIDE: Explanation(
        "Bid and ask were too far apart.",
        "Wait until the book has filled, or choose another symbol.",
    ),
    SignalRejection.LIQUIDATION_SIDE: Explanation(
        "Its liquidation price lies on the side where the position gains.",
        "Send a liquidation price below the entry of a long, above that of a short.",
    ),
    SignalRejection.NOT_TRADED: Explanation(
        "The provider of market data does not know the coin, or lists it no longer.",
        "Correct the file of instruments, or choose another symbol.",
    ),
}

DECISION_STATUSES: Final[Mapping[DecisionStatus, Explanation]] = {
    DecisionStatus.OK: Explanation(
        "The model answered, and its answer passed every check.",
        "Nothing.",
    ),
    DecisionStatus.RATE_LIMITED: Explanation(
        "The vendor was asked too often.",
        "Raise the limit with the vendor, or ask the model less.",
    ),
    DecisionStatus.PROVIDER_ERROR: Explanation(
        "The vendor failed, or could not be reached.",
        "See whether the vendor has an outage.",
    ),
    DecisionStatus.TIMEOUT: Explanation(
        "The vendor did not answer before the deadline.",
        "Choose a faster model, or allow more time; it is never asked twice.",
    ),
    DecisionStatus.AUTH_ERROR: Explanation(
        "The vendor refused the key.",
        "Check the key, and what it may be used for.",
    ),
    DecisionStatus.BUDGET_EXHAUSTED: Explanation(
        "The model had used up what it may cost today.",
        "Raise its budget, or wait until midnight UTC.",
    ),
    DecisionStatus.CIRCUIT_OPEN: Explanation(
        "The model had failed several times in a row and was left alone.",
        "See how its questions failed before.",
    ),
    DecisionStatus.TRUNCATED: Explanation(
        "The answer ended before it was complete.",
        "Allow the model more tokens.",
    ),
    DecisionStatus.REFUSED: Explanation(
        "The model or its vendor refused to answer.",
        "Read the answer that is kept, and try another prompt or model.",
    ),
    DecisionStatus.OVERSIZED: Explanation(
        "The answer was larger than an answer may be.",
        "Read its beginning, which is kept, and try another prompt or model.",
    ),
    DecisionStatus.INVALID_JSON: Explanation(
        "The answer was no single JSON object.",
        "Read the answer that is kept, and try another prompt or model.",
    ),
    DecisionStatus.INVALID_SCHEMA: Explanation(
        "The answer did not have the fields, types or values that were asked for.",
        "Read the answer that is kept, and try another prompt or model.",
    ),
    DecisionStatus.IMPLAUSIBLE: Explanation(
        "The answer contradicts the signal or the market.",
        "Read the answer that is kept, and try another prompt or model.",
    ),
}

OUTCOMES: Final[Mapping[Outcome, Explanation]] = {
    Outcome.SUBMITTED: Explanation(
        "An intent was submitted, which stands before risk like any other.",
        "Look at the intent to see what became of it.",
    ),
    Outcome.IGNORED: Explanation(
        "The models did not agree that it is worth following.",
        "Nothing. Its outcome is measured all the same.",
    ),
    Outcome.OBSERVED: Explanation(
        "It would have been followed; its source is only observed.",
        "Give the source the mode approve or auto once its record convinces you.",
    ),
    Outcome.NOT_ACTIONABLE: Explanation(
        "It was worth following, but cannot be traded here.",
        "See its reason: on a spot venue nothing can be sold short.",
    ),
    Outcome.NO_QUORUM: Explanation(
        "Too few models gave an answer.",
        "See how the questions to the others ended.",
    ),
    Outcome.EXPIRED: Explanation(
        "Its time was over before it could be concluded.",
        "Approve sooner, or see whether evaluator and desk keep up.",
    ),
    Outcome.DECLINED: Explanation(
        "A person declined it.",
        "Nothing, unless the person erred: then send a new signal.",
    ),
}
