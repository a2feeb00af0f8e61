"""Requests and answers without any I/O: what to send, and what an answer means."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ValidationError

from tradewind_client.errors import GatewayFailed, refusal_of

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
MAX_SHOWN_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered."""

    status: int
    headers: Mapping[str, str]
    """Names are lower case."""
    body: bytes

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the platform asks to wait, where it says so in seconds."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isascii() and text.isdigit() else None

    def problem(self) -> Mapping[str, Any]:
        """Return the problem document; an own one where a proxy answered something else."""
        try:
            problem = json.loads(self.body)
        except ValueError:
            problem = None
        if isinstance(problem, dict):
            return problem
        return {"detail": self.body[:MAX_SHOWN_CHARACTERS].decode(errors="replace")}


@dataclass(frozen=True, slots=True)
class Call[T]:
    """One request, and how to read its answer."""

    method: Method
    path: str
    read: Callable[[bytes], T]
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    body: bytes = b""
    idempotency_key: str | None = None
    is_repeatable: bool = False
    """Whether a change may be asked for again without a key: the platform takes it for the same."""
    accept: str = "application/json"

    @property
    def target(self) -> str:
        """Path and query as they are sent and signed."""
        pairs = [(name, value) for name, value in self.query.items() if value is not None]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    @property
    def headers(self) -> dict[str, str]:
        """The headers that do not depend on key and time."""
        headers = {"Accept": self.accept}
        if self.body:
            headers["Content-Type"] = "application/json"
        if self.idempotency_key is not None:
            headers["Idempotency-Key"] = self.idempotency_key
        return headers

    def result(self, answer: Answer) -> T:
        """Return what was asked for; an error of the platform is raised."""
        if not 200 <= answer.status < 300:
            raise refusal_of(answer.status, answer.problem(), answer.retry_after_seconds)
        try:
            return self.read(answer.body)
        except ValidationError as error:
            text = f"the answer is not what this client knows: {error.error_count()} fields differ"
            raise GatewayFailed(
                answer.status, {"code": "UNREADABLE_ANSWER", "detail": text}
            ) from None


def path_part(text: str) -> str:
    """Return a text as one part of a path."""
    return quote(text, safe="")


def model_reader[M: BaseModel](model: type[M]) -> Callable[[bytes], M]:
    """Return what reads a document."""
    return model.model_validate_json


def read_nothing(_: bytes) -> None:
    """Read an answer that says nothing more than that it worked."""


def json_body(document: BaseModel | Mapping[str, Any]) -> bytes:
    """Return a document as it is sent: decimals become strings, and floats are refused."""
    if isinstance(document, BaseModel):
        return document.model_dump_json(exclude_none=True).encode()
    return json.dumps(_plain(document), separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        raise ValueError('floats are not exact: write "0.5" or Decimal("0.5")')
    if value is None or isinstance(value, str | int | bool):
        return value
    return format(value, "f")
