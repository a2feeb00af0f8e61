"""Functions and events of contracts: the fragments we use, encoded and decoded by eth_abi."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.trading.chain.hexadecimal import keccak256, parse_data, to_data
from tradewind.trading.chain.json_rpc import Call, Json, Reply

LATEST = "latest"


@dataclass(frozen=True)
class Function:
    """A function's name and ABI types; a struct is a tuple type: `(address,uint24)`."""

    name: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @cached_property
    def selector(self) -> bytes:
        """The first four bytes of the signature's hash, with which calldata begins."""
        return keccak256(f"{self.name}({','.join(self.inputs)})".encode())[:4]

    def encode(self, *arguments: Any) -> bytes:
        """Return calldata; an eth_abi EncodingError when arguments do not fit the types."""
        return self.selector + encode(self.inputs, arguments)

    def decode(self, result: bytes) -> tuple[Any, ...]:
        """Return the outputs, addresses checksummed; ValueError when they are not of the types."""
        return _decode(self.outputs, result)


@dataclass(frozen=True)
class Event:
    """An event's name and fields; the order of the fields is the contract's."""

    name: str
    fields: tuple["EventField", ...]

    @cached_property
    def topic(self) -> str:
        """The hash of the signature, the first topic of the event's logs."""
        types = ",".join(field.type for field in self.fields)
        return to_data(keccak256(f"{self.name}({types})".encode()))

    def matches(self, log: dict[str, Any]) -> bool:
        """Return whether a JSON-RPC log is of this event."""
        return bool(log["topics"]) and log["topics"][0].lower() == self.topic

    def decode(self, log: dict[str, Any]) -> dict[str, Any]:
        """Return the values by field name."""
        indexed = [field for field in self.fields if field.indexed]
        plain = [field for field in self.fields if not field.indexed]
        topics = b"".join(parse_data(topic) for topic in log["topics"][1:])
        values = _named(indexed, topics) | _named(plain, parse_data(log["data"]))
        return {field.name: values[field.name] for field in self.fields}


class EventField(NamedTuple):
    """A field of an event; indexed ones travel as topics and must be of one word."""

    name: str
    type: str
    indexed: bool = False


class Read(NamedTuple):
    """A view function of a contract, with its arguments."""

    to: str
    function: Function
    arguments: tuple[Any, ...] = ()

    def call(self, block: Json = LATEST) -> Call:
        """Return the eth_call that reads it at a block: a tag, a number or `{"blockHash"}`."""
        data = to_data(self.function.encode(*self.arguments))
        return Call("eth_call", ({"to": self.to, "data": data}, block))

    def result(self, reply: Reply) -> tuple[Any, ...]:
        """Decode the outputs in a reply to the call."""
        return self.function.decode(parse_data(reply))


def _named(fields: Sequence[EventField], data: bytes) -> dict[str, Any]:
    values = _decode(tuple(field.type for field in fields), data)
    return {field.name: value for field, value in zip(fields, values, strict=True)}


def _decode(types: tuple[str, ...], data: bytes) -> tuple[Any, ...]:
    try:
        values = decode(types, data)
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise ValueError(f"not of the types {types}: {error}") from error
    return tuple(
        to_checksum_address(value) if kind == "address" else value
        for kind, value in zip(types, values, strict=True)
    )
