"""What counts as out of order."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from loadtest.bench.events import accepted_histories
from loadtest.bench.ordering import Handled, overtaken

EVENTS = [history[-1] for history in islice(accepted_histories(1, portfolios=3), 12)]


def handled(order: list[int]) -> list[Handled]:
    """Return the handling of events that ended in this order; where it is listed says nothing."""
    found = [Handled(EVENTS[place].event_id, 0, end) for end, place in enumerate(order, 1)]
    return sorted(found)


def test_a_later_event_of_the_same_portfolio_counts_once_for_each_it_overtook() -> None:
    assert overtaken(EVENTS, handled(list(range(12)))) == 0
    assert overtaken(EVENTS, handled([3, 0, 1, 2])) == 1
    assert overtaken(EVENTS, handled([6, 0, 3, 1])) == 2
    assert overtaken(EVENTS, handled([2, 1, 0, 5, 4, 3])) == 0


@given(st.permutations(range(12)))
def test_whatever_portfolios_do_between_each_other_does_not_count(order: list[int]) -> None:
    by_portfolio = [[place for place in order if place % 3 == key] for key in range(3)]
    in_order = all(places == sorted(places) for places in by_portfolio)
    assert (overtaken(EVENTS, handled(order)) == 0) == in_order
