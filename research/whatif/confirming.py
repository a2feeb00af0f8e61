"""Runs risk again on what it decided on, by changed limits: the exact answer for one order."""

from collections.abc import Iterable
from typing import Any, Final

from actors.decider import RecordedInputs
from research.redecide.decisions import TOPIC, Decision, DecisionReader
from research.redecide.markets import NotReRunnable
from research.redecide.rerun import ReRunner
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected, RiskScreened
from tradewind.contracts.roles import Role
from tradewind.contracts.wire import Document
from tradewind.simulation.whatif.answer import Flip
from tradewind.simulation.whatif.changes import ORDER_RULES, ChangedLimits

_BY_ORDER: Final = frozenset(map(str, ORDER_RULES.values()))


async def confirmed(
    flip: Flip, events: Iterable[AnyEvent], rerunner: ReRunner, changes: ChangedLimits,
    reader: DecisionReader,
) -> bool | None:  # fmt: skip
    """Return whether the instrument stage says the same of a flip; None where it cannot tell."""
    if flip.reason not in _BY_ORDER:
        return None
    decisions = [*reader.take(events), *reader.unfinished()]
    first = next((one for one in decisions if _is_first_stage(one)), None)
    if first is None:
        return None
    try:
        now = await rerunner.under(first, lambda inputs: _changed(inputs, changes))
    except NotReRunnable:
        return None
    return _says(now, flip)


def _is_first_stage(decision: Decision) -> bool:
    return decision.role == str(Role.RISK)


def _changed(inputs: RecordedInputs, changes: ChangedLimits) -> Document:
    limits = inputs.limits
    if not (isinstance(inputs, RiskInputs) and isinstance(limits, RiskLimits)):
        raise NotReRunnable("recorded without the limits of the instrument stage")
    update = {name: value for name, value in changes.named.items() if name in ORDER_RULES}
    return limits.model_copy(update=update)


def _says(now: list[dict[str, Any]], flip: Flip) -> bool:
    first = now[0] if now else {}
    if flip.was_accepted:
        return first.get(TOPIC) == RiskRejected.topic and first.get("reason") == flip.reason
    return first.get(TOPIC) in (RiskScreened.topic, RiskApproved.topic)
