"""Chooses EIP-1559 fees within caps: for a first attempt, and to replace an earlier one."""

from dataclasses import dataclass
from typing import Final

from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.wallet.records import Fees

BASE_FEE_MARGIN: Final = 2
"""The base fee rises at most 12.5 % a block, so twice the base fee lasts for six full blocks."""
BUMP_NUMERATOR: Final = 1_125
BUMP_DENOMINATOR: Final = 1_000
"""Nodes take a replacement at 10 % more on both fees; 12.5 % satisfies all clients we know."""


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """Caps and floor of both fees, in wei per unit of gas."""

    max_fee_per_gas_wei: int
    max_priority_fee_per_gas_wei: int
    min_priority_fee_per_gas_wei: int

    @classmethod
    def from_settings(cls, settings: ChainSettings) -> "FeePolicy":
        """Return the policy that the settings configure."""
        return cls(
            settings.max_fee_per_gas_wei,
            settings.max_priority_fee_per_gas_wei,
            settings.min_priority_fee_per_gas_wei,
        )

    def initial(self, base_fee_wei: int, suggested_priority_fee_wei: int) -> Fees | None:
        """Return the fees of a first attempt, or None while gas costs more than the cap."""
        priority = min(
            max(suggested_priority_fee_wei, self.min_priority_fee_per_gas_wei),
            self.max_priority_fee_per_gas_wei,
        )
        if base_fee_wei + priority > self.max_fee_per_gas_wei:
            return None
        return Fees(
            min(BASE_FEE_MARGIN * base_fee_wei + priority, self.max_fee_per_gas_wei), priority
        )

    def raised(self, previous: Fees, base_fee_wei: int, suggested_wei: int) -> Fees | None:
        """Return fees at which a node replaces `previous`, or None when a cap forbids them.

        Both fees rise by at least 12.5 %, and at least to those of a first attempt made now.
        """
        now = self.initial(base_fee_wei, suggested_wei)
        max_fee = _bumped(previous.max_fee_per_gas_wei)
        priority = _bumped(previous.max_priority_fee_per_gas_wei)
        if now is not None:
            max_fee = max(max_fee, now.max_fee_per_gas_wei)
            priority = max(priority, now.max_priority_fee_per_gas_wei)
        max_fee = max(max_fee, priority)
        if max_fee > self.max_fee_per_gas_wei or priority > self.max_priority_fee_per_gas_wei:
            return None
        return Fees(max_fee, priority)


def _bumped(fee_wei: int) -> int:
    return max(-(-fee_wei * BUMP_NUMERATOR // BUMP_DENOMINATOR), fee_wei + 1)
