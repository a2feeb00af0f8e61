"""Chains are told apart by their id, and those of the same id by their first blocks."""

import pytest

from tradewind.trading.chain.chain_proof import ExpectedChain, FoundChain

A, B = "0x" + "aa" * 32, "0x" + "bb" * 32


@pytest.mark.parametrize(
    ("first", "later", "difference"),
    [
        (FoundChain(1, {0: A, 1: A}), FoundChain(1, {0: A, 1: A}), ""),
        (FoundChain(1, {0: A, 1: A}), FoundChain(2, {0: A, 1: A}), "chain 2"),
        (FoundChain(1, {0: A, 1: A}), FoundChain(1, {0: A, 1: B}), "block 1 is another"),
        # A chain may be asked before it has a block 1, and a node may have forgotten it.
        (FoundChain(1, {0: A}), FoundChain(1, {0: A, 1: B}), ""),
        (FoundChain(1, {0: A}), FoundChain(1, {0: B, 1: B}), "block 0 is another"),
        (FoundChain(1, {0: A, 1: A}), FoundChain(1, {0: B}), "block 0 is another"),
        (FoundChain(1, {0: A, 1: A}), FoundChain(1, {}), ""),
        # A restarted development chain may make its block 0 anew and keep the rest.
        (FoundChain(1, {0: A, 1: A}), FoundChain(1, {0: B, 1: A}), ""),
    ],
)
def test_the_first_chain_found_is_the_one_that_is_expected(
    first: FoundChain, later: FoundChain, difference: str
) -> None:
    expected = ExpectedChain(1)
    assert expected.difference(first) == ""
    found = expected.difference(later)
    assert difference in found
    assert bool(found) == bool(difference)


def test_a_known_first_block_decides_from_the_beginning() -> None:
    expected = ExpectedChain(1, B)
    assert "block 1 is another" in expected.difference(FoundChain(1, {0: A, 1: A}))
    assert expected.difference(FoundChain(1, {0: A, 1: B})) == ""


def test_what_is_learnt_later_counts_too() -> None:
    expected = ExpectedChain(1)
    for found in (FoundChain(1, {}), FoundChain(1, {0: A}), FoundChain(1, {0: A, 1: A})):
        assert expected.difference(found) == ""
    assert "block 1 is another" in expected.difference(FoundChain(1, {0: A, 1: B}))
