"""Calls and replies as bytes."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.trading.chain.json_rpc import Call, Fault, InvalidReply, decode, encode

CALLS = st.lists(st.builds(Call, st.text(), st.tuples(st.text(), st.booleans())), min_size=1)


@given(CALLS, st.randoms())
def test_replies_come_in_the_order_of_the_calls(calls: list[Call], random: Random) -> None:
    requests = json.loads(encode(calls))
    requests = requests if isinstance(requests, list) else [requests]
    replies = [
        {"jsonrpc": "2.0", "id": request["id"], "result": [request["method"], *request["params"]]}
        for request in requests
    ]
    random.shuffle(replies)
    body = json.dumps(replies[0] if len(calls) == 1 else replies).encode()
    assert decode(body, calls) == [[call.method, *call.params] for call in calls]


def test_faults_stand_where_their_result_would() -> None:
    body = b"""[{"id": 1, "error": {"code": 3, "message": "no", "data": "0x"}},
                {"id": 0, "result": null}]"""
    assert decode(body, [Call("a"), Call("b")]) == [None, Fault(3, "no", "0x")]


@pytest.mark.parametrize("form", ["{}", "[{}]"])
def test_a_refused_batch_is_told_from_the_refusal_of_a_call(form: str) -> None:
    error = '{"id": null, "error": {"code": -32600, "message": "batch too large"}}'
    body = form.replace("{}", error).encode()
    with pytest.raises(InvalidReply, match="batch too large") as caught:
        decode(body, [Call("a"), Call("b")])
    assert caught.value.fault == Fault(-32600, "batch too large")
    assert decode(body, [Call("a")]) == [Fault(-32600, "batch too large")]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>502 Bad Gateway</html>",
        b"",
        b'"text"',
        b'{"id": 0}',
        b'[{"id": 0, "result": 1}]',
        b'[{"id": 0, "result": 1}, {"id": 7, "result": 1}]',
        b"[1, 2]",
        b'[{"id": 0, "result": 1}, {"id": 0, "result": 2}]',
        b'[{"id": 0, "result": 1}, {"id": 1, "result": 2}, {"id": 2, "result": 3}]',
        b'[{"id": false, "result": 1}, {"id": true, "result": 2}]',
        b'[{"id": 0, "result": 1}, {"id": 1, "result": 2, "error": {"code": 1, "message": ""}}]',
        b'[{"id": 0, "result": 1}, {"id": 1}]',
        b'[{"id": 0, "result": 1}, {"id": null, "result": 2}]',
    ],
)
def test_anything_else_is_no_reply(body: bytes) -> None:
    with pytest.raises(InvalidReply):
        decode(body, [Call("a"), Call("b")])


@pytest.mark.parametrize(
    "body", [b'{"id": 7, "result": 1}', b'{"result": 1}', b'{"id": null, "result": 1}']
)
def test_the_reply_to_another_request_is_none_to_ours(body: bytes) -> None:
    with pytest.raises(InvalidReply, match=r"another id|not those"):
        decode(body, [Call("a")])
