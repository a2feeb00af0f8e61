"""Why nobody is believed; the answers are in gateway/authentication/answers.py."""

from tradewind.errors import PermanentError


class Refused(PermanentError):
    """The request does not prove who sent it. The log says why, the answer does not."""

    code = "UNAUTHENTICATED"


class OutsideWindow(Refused):
    """The signature is right, and its time is not now. Correct the clock and sign again."""

    code = "TIMESTAMP_OUTSIDE_WINDOW"
