"""Keeps from a caller what belongs to accounts that its key is not about."""

from collections.abc import Callable, Iterable

from starlette.requests import Request

from gateway.http.caller import caller_of
from gateway.services import services_of

type MaySee = Callable[[str | None], bool]
"""Says of a correlation whether the caller may see what is of it; None where it is not known."""


async def visibility(request: Request, correlation_ids: Iterable[str | None]) -> MaySee:
    """Return whether the caller may see each of these correlations.

    What has no owner, such as an observation of the market, is seen by keys for all accounts only.
    """
    accounts = caller_of(request).accounts
    if accounts.are_all:
        return lambda _: True
    names = {name for name in correlation_ids if name is not None}
    owners = await services_of(request).records.owners.of(names)
    covered = {name for name, owner in owners.items() if accounts.cover(*owner)}
    return lambda name: name in covered
