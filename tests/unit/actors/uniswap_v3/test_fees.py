"""Fees stay below their caps, and a replacement is one every node takes."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from actors.venues.uniswap_v3.fees import FeePolicy
from tradewind.trading.wallet.records import Fees

GWEI = 10**9
wei = st.integers(0, 10**13)
policies = st.builds(
    lambda cap, priority, floor: FeePolicy(cap, min(priority, cap), min(floor, priority, cap)),
    st.integers(1, 10**13),
    st.integers(1, 10**13),
    st.integers(0, 10**13),
)
ENOUGH = Fraction(1125, 1000)


@given(policies, wei, wei)
def test_a_first_offer_covers_the_base_fee_within_all_caps(
    policy: FeePolicy, base_fee: int, suggested: int
) -> None:
    fees = policy.initial(base_fee, suggested)
    priority = min(
        max(suggested, policy.min_priority_fee_per_gas_wei), policy.max_priority_fee_per_gas_wei
    )
    if fees is None:
        assert base_fee + priority > policy.max_fee_per_gas_wei
        return
    assert base_fee + priority <= fees.max_fee_per_gas_wei <= policy.max_fee_per_gas_wei
    assert fees.max_priority_fee_per_gas_wei == priority


@given(policies, wei, wei, st.data())
def test_a_replacement_raises_both_fees_enough_or_is_not_made(
    policy: FeePolicy, base_fee: int, suggested: int, data: st.DataObject
) -> None:
    max_fee = data.draw(st.integers(0, policy.max_fee_per_gas_wei))
    previous = Fees(max_fee, data.draw(st.integers(0, max_fee)))
    fees = policy.raised(previous, base_fee, suggested)
    if fees is None:
        return
    assert fees.max_fee_per_gas_wei >= ENOUGH * previous.max_fee_per_gas_wei
    assert fees.max_priority_fee_per_gas_wei >= ENOUGH * previous.max_priority_fee_per_gas_wei
    assert fees.max_fee_per_gas_wei > previous.max_fee_per_gas_wei
    assert fees.max_priority_fee_per_gas_wei <= fees.max_fee_per_gas_wei
    assert fees.max_fee_per_gas_wei <= policy.max_fee_per_gas_wei
    assert fees.max_priority_fee_per_gas_wei <= policy.max_priority_fee_per_gas_wei


def test_offers_rise_until_the_cap_and_then_stay() -> None:
    policy = FeePolicy(100 * GWEI, 100 * GWEI, GWEI)
    fees: Fees | None = policy.initial(GWEI, GWEI)
    offers = []
    while fees is not None:
        offers.append(fees.max_fee_per_gas_wei)
        fees = policy.raised(fees, GWEI, GWEI)
    assert offers == sorted(set(offers))
    assert 28 <= len(offers) <= 31
    assert offers[-1] <= 100 * GWEI < offers[-1] * ENOUGH + 1


def test_a_replacement_follows_a_base_fee_that_has_jumped() -> None:
    policy = FeePolicy(1_000 * GWEI, 5 * GWEI, GWEI)
    fees = policy.raised(Fees(3 * GWEI, GWEI), 100 * GWEI, GWEI)
    assert fees is not None
    assert fees.max_fee_per_gas_wei == 201 * GWEI
