"""How a provider's answers fail. What it has no data for is no failure: that is None."""

from tradewind.errors import PermanentError, TransientError


class ProviderRefused(PermanentError):
    """The provider will never answer this request. Correct it; sending it again is no use."""

    code = "PROVIDER_REFUSED"


class UnknownCoin(ProviderRefused):
    """The provider lists no such coin, so it was not asked. Correct the file of perpetuals."""

    code = "UNKNOWN_COIN"


class ProviderUnavailable(TransientError):
    """The provider did not answer, or not sensibly. Ask again later; see the runbook for feeds."""

    code = "PROVIDER_UNAVAILABLE"


class ProviderBusy(ProviderUnavailable):
    """The provider says that this address asks too much. Ask again in a minute."""

    code = "PROVIDER_BUSY"


class WeightSpent(TransientError):
    """The requests of this minute are used up, so the provider was not asked. Wait and ask again.

    `seconds` says how long it takes until there is room for the request.
    """

    code = "PROVIDER_WEIGHT_SPENT"

    def __init__(self, weight: int, limit: int, seconds: float) -> None:
        super().__init__(f"{weight} of {limit} a minute is too much for {seconds:.0f} s to come")
        self.seconds = seconds
