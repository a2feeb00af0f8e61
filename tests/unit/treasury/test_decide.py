"""What a difference is, as a pure decision: nothing that is missing is explained away."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.treasury.decide import (
    BPS,
    Movement,
    TokenEvidence,
    TokenPolicy,
    booked,
    decide,
    is_frozen,
)
from tradewind.contracts.wallets.causes import Consequence, DriftCause
from tradewind.contracts.wallets.report import DriftPart

UNITS = st.integers(0, 10**24)
SIGNED = st.integers(-(10**24), 10**24).filter(bool)
MOVEMENTS = st.lists(
    st.builds(
        lambda amount, number: Movement(amount, f"0x{number:064x}", "Transfer"),
        SIGNED,
        st.integers(0, 2**32),
    ),
    max_size=4,
)
POLICIES = st.builds(
    TokenPolicy,
    dust=st.sampled_from([0, 0, 5, 10**6]),
    transfer_fee_bps=st.sampled_from([0, 0, 300]),
    rebase_bps=st.sampled_from([0, 0, 100]),
)


@st.composite
def evidences(draw: st.DrawFn) -> TokenEvidence:
    """Return a token that mostly holds what logs and receipts say, and sometimes anything."""
    is_native, expected = draw(st.booleans()), draw(UNITS)
    movements = () if is_native else tuple(draw(MOVEMENTS))
    costs = tuple(draw(MOVEMENTS)) if is_native else ()
    told = sum(one.amount for one in (*movements, *costs))
    rest = draw(st.one_of(st.just(0), st.integers(-20, 20), SIGNED))
    return TokenEvidence(
        is_native=is_native,
        expected=expected,
        actual=max(0, expected + told + rest),
        movements=movements,
        costs=costs,
        foreign_nonces=draw(st.sampled_from([(), (), (7,)])),
        traded=draw(st.sampled_from([0, 10**20])),
        rebased=draw(st.sampled_from([0, 10**18])),
        is_new=draw(st.sampled_from([False, False, True])),
    )


@given(evidences(), POLICIES)
def test_the_parts_of_a_difference_add_up_to_it(
    evidence: TokenEvidence, policy: TokenPolicy
) -> None:
    parts = decide(evidence, policy)
    assert sum(part.amount for part in parts) == evidence.drift
    if not evidence.drift and not evidence.movements and not evidence.costs:
        assert parts == ()


@given(evidences(), POLICIES)
def test_what_is_missing_freezes_unless_a_bound_or_a_receipt_of_ours_covers_it(
    evidence: TokenEvidence, policy: TokenPolicy
) -> None:
    """Given a wallet that goes on, then it holds what it should, less what is believed."""
    if is_frozen(decide(evidence, policy)):
        return
    believed = policy.dust - sum(min(0, one.amount) for one in evidence.costs)
    believed += evidence.traded * policy.transfer_fee_bps // BPS
    believed += evidence.expected * policy.rebase_bps // BPS
    assert evidence.actual >= evidence.expected - believed
    assert all(one.amount >= 0 for one in evidence.movements)


@given(evidences(), POLICIES)
def test_what_is_booked_is_not_found_again(evidence: TokenEvidence, policy: TokenPolicy) -> None:
    """Given that the movements that were booked are known, then only the rest is found."""
    parts = decide(evidence, policy)
    known = {part.tx_hash for part in parts if part.consequence is Consequence.BOOKED}
    later = replace(
        evidence,
        expected=evidence.expected + booked(parts),
        movements=tuple(one for one in evidence.movements if one.tx_hash not in known),
        costs=tuple(one for one in evidence.costs if one.tx_hash not in known),
        is_new=False,
    )
    again = decide(later, policy)
    assert sum(part.amount for part in again) == evidence.drift - booked(parts)
    if not any(part.consequence is not Consequence.BOOKED for part in parts):
        assert again == ()


PLAIN = TokenEvidence(is_native=False, expected=1_000, actual=1_000)
NATIVE = TokenEvidence(is_native=True, expected=1_000, actual=1_000)
IN = Movement(100, "0x" + "1" * 64, "Transfer to us from 0xA")
OUT = Movement(-100, "0x" + "2" * 64, "Transfer from us to 0xB")
DEARER = Movement(-30, "0x" + "3" * 64, "receipt")


@pytest.mark.parametrize(
    ("evidence", "policy", "expected"),
    [
        (PLAIN, TokenPolicy(), []),
        (replace(PLAIN, actual=1_100, movements=(IN,)), TokenPolicy(), [("DEPOSIT", 100)]),
        (replace(PLAIN, actual=900, movements=(OUT,)), TokenPolicy(), [("TRANSFER_OUT", -100)]),
        (
            replace(PLAIN, movements=(IN, OUT)),
            TokenPolicy(),
            [("TRANSFER_OUT", -100), ("DEPOSIT", 100)],
        ),
        (replace(PLAIN, actual=999), TokenPolicy(), [("UNEXPLAINED", -1)]),
        (replace(PLAIN, actual=1_001), TokenPolicy(), [("UNEXPLAINED", 1)]),
        (replace(PLAIN, actual=999), TokenPolicy(dust=1), [("DUST", -1)]),
        (replace(PLAIN, actual=998), TokenPolicy(dust=1), [("UNEXPLAINED", -2)]),
        (
            replace(PLAIN, actual=1_097, movements=(IN,)),
            TokenPolicy(),
            [("FEE_ON_TRANSFER", -3), ("DEPOSIT", 100)],
        ),
        (
            replace(PLAIN, actual=999, movements=(IN,)),
            TokenPolicy(),
            [("UNEXPLAINED", -101), ("DEPOSIT", 100)],
        ),
        (
            replace(PLAIN, actual=997, traded=100),
            TokenPolicy(transfer_fee_bps=300),
            [("FEE_ON_TRANSFER", -3)],
        ),
        (
            replace(PLAIN, actual=996, traded=100),
            TokenPolicy(transfer_fee_bps=300),
            [("UNEXPLAINED", -4)],
        ),
        (replace(PLAIN, actual=1_010), TokenPolicy(rebase_bps=100), [("REBASE", 10)]),
        (replace(PLAIN, actual=990), TokenPolicy(rebase_bps=100), [("REBASE", -10)]),
        (
            replace(PLAIN, actual=1_010, rebased=1),
            TokenPolicy(rebase_bps=100),
            [("UNEXPLAINED", 10)],
        ),
        (replace(PLAIN, expected=0, actual=50, is_new=True), TokenPolicy(), [("DEPOSIT", 50)]),
        (
            replace(PLAIN, kept_parts=("97 arrived",)),
            TokenPolicy(),
            [("FEE_ON_TRANSFER", 0)],
        ),
        (replace(NATIVE, actual=1_001), TokenPolicy(), [("NATIVE_IN", 1)]),
        (replace(NATIVE, actual=999), TokenPolicy(), [("UNEXPLAINED", -1)]),
        (
            replace(NATIVE, actual=999, foreign_nonces=(7,)),
            TokenPolicy(dust=5),
            [("FOREIGN_NONCE", -1)],
        ),
        (replace(NATIVE, actual=970, costs=(DEARER,)), TokenPolicy(), [("FEE", -30)]),
        (
            replace(
                NATIVE,
                actual=970,
                costs=(DEARER,),
                unknown_costs=frozenset({DEARER.tx_hash}),
            ),
            TokenPolicy(),
            [("GAS", -30)],
        ),
    ],
)
def test_every_cause_has_its_evidence(
    evidence: TokenEvidence, policy: TokenPolicy, expected: list[tuple[str, int]]
) -> None:
    parts = decide(evidence, policy)
    assert [(str(part.cause), part.amount) for part in parts] == expected
    assert is_frozen(parts) == any(name in FREEZES for name, _ in expected)
    assert all(part.evidence for part in parts)


FREEZES = {"TRANSFER_OUT", "FOREIGN_NONCE", "UNEXPLAINED"}


def test_evidence_is_cut_to_what_an_event_has_room_for() -> None:
    long = replace(PLAIN, kept_parts=("x" * 1_000,))
    (part,) = decide(long, TokenPolicy())
    assert isinstance(part, DriftPart)
    assert part.cause is DriftCause.FEE_ON_TRANSFER
