"""Errors of starting servers on this machine."""

from tradewind.errors import TradewindError


class ServerError(TradewindError):
    """A server did not start or did not answer in time. Its log, named in the message, says why."""

    code = "SERVER_ERROR"


class DataDirectoryInUse(TradewindError):
    """Another process runs the platform on this data directory. Stop it or choose another one."""

    code = "DATA_DIRECTORY_IN_USE"
