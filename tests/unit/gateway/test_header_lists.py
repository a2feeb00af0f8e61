"""Headers that are lists are taken apart at once, however they are quoted."""

import pytest
from starlette.datastructures import Headers

from gateway.http.header_lists import list_elements, with_parameters
from gateway.http.limits import MAX_HEAD_BYTES
from gateway.http.negotiation import prefers_page


@pytest.mark.parametrize(
    ("line", "elements"),
    [
        ("a, b;c=1 ,,d", ["a", "b;c=1", "d"]),
        ('a;b="x,y", d', ['a;b="x,y"', "d"]),
        (r'"a\"b",c', [r'"a\"b"', "c"]),
        ('a"b,c"d,e', ['a"b,c"d', "e"]),
        ('""', ['""']),
        ('a, "b, c', ["a", '"b, c']),
        ('"a' + "\\", ['"a' + "\\"]),
        (",,,", []),
    ],
)
def test_a_comma_in_quotes_separates_nothing(line: str, elements: list[str]) -> None:
    assert [*list_elements(Headers({"accept": line}), "accept")] == elements


def test_a_parameter_may_be_quoted() -> None:
    assert with_parameters('Text/HTML; A="x;\\"y"; q=0.5') == (
        "text/html",
        [("a", 'x;"y'), ("q", "0.5")],
    )


@pytest.mark.parametrize("part", ['\\"', "\\\\", "a"])
def test_a_quote_that_is_never_closed_is_read_once(part: str) -> None:
    """Given one as long as a head may be, then it goes on to the end.

    Who would look for the end of every quote in it anew would read the line as often as it has
    quotes, and nobody else would be answered meanwhile.
    """
    line = '"' + part * (MAX_HEAD_BYTES // len(part)) + ", text/html"
    headers = Headers({"accept": line})
    assert [*list_elements(headers, "accept")] == [line]
    assert not prefers_page(headers)
