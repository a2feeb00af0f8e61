"""What a request leaves behind when it ends is counted, whichever request was guessed to be it."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from tradewind.runtime.pull_consumer import end_request

REQUESTS = st.lists(st.integers(1, 256), max_size=8)


@given(REQUESTS, st.integers(0, 256))
def test_the_sum_falls_by_what_was_missing(open_requests: list[int], unfilled: int) -> None:
    left = deque(open_requests)
    end_request(left, unfilled)
    assert sum(left) == max(0, sum(open_requests) - unfilled)
    assert all(one > 0 for one in left)


def test_a_request_that_ends_as_it_was_counted_leaves_the_others_alone() -> None:
    left = deque([256, 3, 100])
    end_request(left, 100)
    assert list(left) == [256, 3]


def test_a_wrong_guess_sends_no_request_too_many() -> None:
    """The broker has 2, 1 and 256 open, and was thought to have 3 and 256."""
    left = deque([3, 256])
    end_request(left, 2)
    end_request(left, 1)
    assert list(left) == [256]
