"""Errors of trading states, split by what the caller should do."""

from tradewind.errors import PermanentError, TransientError


class TradingStopped(TransientError):
    """A trading state forbids it. Ask again: somebody may resume, or the state may end."""

    code = "TRADING_STOPPED"


class StateChanged(PermanentError):
    """Somebody changed the state since it was read. Read it again and decide anew."""

    code = "STATE_CHANGED"


class StateLoosened(PermanentError):
    """The change would allow more than is allowed now, or for longer. An operator may do that."""

    code = "STATE_LOOSENED"


class InvalidChange(PermanentError):
    """The change contradicts itself. Its message says what to change."""

    code = "INVALID_STATE_CHANGE"


class TooManyChanges(PermanentError):
    """The history of the scope is full. Use another scope that concerns the same intents."""

    code = "TOO_MANY_STATE_CHANGES"
