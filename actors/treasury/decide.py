"""Decides what a difference between books and chain is, and what follows from it. Pure.

The parts of a decision add up to the difference, and what no evidence accounts for is UNEXPLAINED.
What is missing is explained by the evidence of a transaction of ours, or by an oddity that the
token is registered with, within a bound, and by nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tradewind.contracts.wallets.causes import FREEZING, Consequence, DriftCause
from tradewind.contracts.wallets.report import MAX_EVIDENCE_CHARACTERS, DriftPart

BPS: Final = 10_000
GRAVITY: Final = (
    DriftCause.FOREIGN_NONCE,
    DriftCause.TRANSFER_OUT,
    DriftCause.UNEXPLAINED,
    DriftCause.FEE_ON_TRANSFER,
    DriftCause.REBASE,
    DriftCause.FEE,
    DriftCause.GAS,
    DriftCause.DEPOSIT,
    DriftCause.NATIVE_IN,
    DriftCause.DUST,
)
"""The causes, the gravest first."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What one transaction moved beyond what the books have of it; negative when it took."""

    amount: int
    tx_hash: str
    evidence: str


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """What is known about a token, and how much of a difference is believed of it."""

    dust: int = 0
    """Up to so many base units nothing is made of a rest."""
    transfer_fee_bps: int = 0
    """The largest part of a transfer it is registered to keep; 0 for none."""
    rebase_bps: int = 0
    """The largest change by itself within a day, of what is expected; 0 for none."""


@dataclass(frozen=True, slots=True)
class TokenEvidence:
    """A token of a wallet in one block: what it should hold, what it holds, and what is known."""

    is_native: bool
    expected: int
    actual: int
    movements: Sequence[Movement] = ()
    """By Transfer logs, in transactions that are not in the books for this token."""
    costs: Sequence[Movement] = ()
    """By receipts of ours: what they cost less than the journal says, so negative if more."""
    unknown_costs: frozenset[str] = field(default_factory=frozenset)
    """Of these the journal does not say the cost."""
    foreign_nonces: Sequence[int] = ()
    """Nonces of the wallet that were used by transactions the journal does not have."""
    traded: int = 0
    """How much of it transactions of ours moved since the last agreement."""
    rebased: int = 0
    """How much of it was booked as a rebase within a day."""
    is_new: bool = False
    """Whether the token was registered after the wallet."""
    kept_parts: Sequence[str] = ()
    """Transactions of ours of which the token kept a part; the books have what arrived."""

    @property
    def drift(self) -> int:
        return self.actual - self.expected


def decide(evidence: TokenEvidence, policy: TokenPolicy) -> tuple[DriftPart, ...]:
    """Return the parts of the difference, the gravest first; none where everything agrees."""
    parts = [
        *(_moved(one) for one in evidence.movements),
        *(_cost(one, evidence) for one in evidence.costs if one.amount),
    ]
    rest = evidence.drift - sum(part.amount for part in parts)
    if rest:
        parts.append(_rest(rest, evidence, policy))
    parts += (
        _part(DriftCause.FEE_ON_TRANSFER, 0, told, Consequence.NOTED)
        for told in evidence.kept_parts
    )
    return tuple(sorted(parts, key=lambda part: (GRAVITY.index(part.cause), -abs(part.amount))))


def is_frozen(parts: Iterable[DriftPart]) -> bool:
    """Return whether one of the parts freezes the wallet."""
    return any(part.consequence is Consequence.FROZEN for part in parts)


def booked(parts: Iterable[DriftPart]) -> int:
    """Return by how much the books change."""
    return sum(part.amount for part in parts if part.consequence is Consequence.BOOKED)


def _moved(movement: Movement) -> DriftPart:
    cause = DriftCause.DEPOSIT if movement.amount >= 0 else DriftCause.TRANSFER_OUT
    return _part(cause, movement.amount, movement.evidence, tx_hash=movement.tx_hash)


def _cost(movement: Movement, evidence: TokenEvidence) -> DriftPart:
    is_unknown = movement.tx_hash in evidence.unknown_costs
    cause = DriftCause.GAS if is_unknown else DriftCause.FEE
    return _part(cause, movement.amount, movement.evidence, tx_hash=movement.tx_hash)


def _rest(rest: int, evidence: TokenEvidence, policy: TokenPolicy) -> DriftPart:
    """Return what the part of a difference is that no transaction accounts for."""
    if evidence.foreign_nonces and rest < 0:
        nonces = ", ".join(map(str, evidence.foreign_nonces[:8]))
        return _part(DriftCause.FOREIGN_NONCE, rest, f"the journal has no transaction at {nonces}")
    if abs(rest) <= policy.dust:
        told = f"not more than {policy.dust} base units"
        return _part(DriftCause.DUST, rest, told, Consequence.NOTED)
    if evidence.is_native:
        return _native_rest(rest)
    if evidence.is_new and rest > 0:
        return _part(DriftCause.DEPOSIT, rest, "it held this before the token was registered")
    return _token_rest(rest, evidence, policy)


def _native_rest(rest: int) -> DriftPart:
    if rest > 0:
        return _part(
            DriftCause.NATIVE_IN, rest, "it arrived without a log, as native currency does"
        )
    return _part(DriftCause.UNEXPLAINED, rest, "no transaction of ours cost this")


def _token_rest(rest: int, evidence: TokenEvidence, policy: TokenPolicy) -> DriftPart:
    promised = sum(one.amount for one in evidence.movements if one.amount > 0)
    if -promised <= rest < 0:
        told = f"its logs promise {promised} base units, {promised + rest} arrived"
        return _part(DriftCause.FEE_ON_TRANSFER, rest, told)
    if rest < 0 and -rest * BPS <= evidence.traded * policy.transfer_fee_bps:
        told = f"of {evidence.traded} base units that were traded, registered as such a token"
        return _part(DriftCause.FEE_ON_TRANSFER, rest, told)
    if (abs(rest) + evidence.rebased) * BPS <= max(0, evidence.expected) * policy.rebase_bps:
        return _part(DriftCause.REBASE, rest, "no transfer, registered as a token that rebases")
    return _part(
        DriftCause.UNEXPLAINED, rest, "no Transfer log and no transaction of ours moved it"
    )


def _part(
    cause: DriftCause,
    amount: int,
    evidence: str,
    consequence: Consequence | None = None,
    *,
    tx_hash: str | None = None,
) -> DriftPart:
    usual = Consequence.FROZEN if cause in FREEZING else Consequence.BOOKED
    return DriftPart(
        cause=cause,
        amount=amount,
        consequence=consequence or usual,
        evidence=evidence[:MAX_EVIDENCE_CHARACTERS],
        tx_hash=tx_hash,
    )
