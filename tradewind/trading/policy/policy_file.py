"""Reads a risk policy that a person wrote in YAML."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from tradewind.contracts.risk.policy import MAX_POLICY_BYTES, PolicyDocument, canonical_json
from tradewind.errors import PermanentError
from tradewind.trading.strict_yaml import InvalidYaml, parse_yaml, read_yaml

MAX_FILE_BYTES: Final = 64 * 1024
MAX_TOLD: Final = 5
_SUBJECT: Final = re.compile(r"^(Input|Decimal input|String|Dictionary) should")
_NUMBER: Final = re.compile(r"Decimal\('([^']*)'\)")


class PolicyRefused(PermanentError):
    """The limits are not what a risk policy may be. The message names each field and its limit."""

    code = "POLICY_REFUSED"


def read_policy(path: Path) -> PolicyDocument:
    """Return the policy in a file; PolicyRefused."""
    try:
        return policy_of(read_yaml(path, MAX_FILE_BYTES))
    except InvalidYaml as error:
        raise PolicyRefused(str(error)) from None


def parse_policy(data: bytes) -> PolicyDocument:
    """Return the policy in the bytes of a file; PolicyRefused."""
    if len(data) > MAX_FILE_BYTES:
        raise PolicyRefused(f"it is larger than {MAX_FILE_BYTES:,} bytes")
    try:
        return policy_of(parse_yaml(data))
    except InvalidYaml as error:
        raise PolicyRefused(str(error)) from None


def policy_of(content: Any) -> PolicyDocument:
    """Return the policy of what a file holds, or a request; PolicyRefused."""
    if not isinstance(content, dict):
        raise PolicyRefused("a policy is a mapping of hard, defaults, portfolios and instruments")
    try:
        document = PolicyDocument.model_validate(content)
    except ValidationError as error:
        raise PolicyRefused("; ".join(_problems(error))) from None
    size = len(canonical_json(document))
    if size > MAX_POLICY_BYTES:
        raise PolicyRefused(f"it takes {size:,} of {MAX_POLICY_BYTES:,} bytes of canonical JSON")
    return document


def _problems(error: ValidationError) -> Iterator[str]:
    """Say what is wrong, without what was written: it may be of any size."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    for problem in problems[:MAX_TOLD]:
        place = ".".join(str(part)[:64] for part in problem["loc"]) or "policy"
        yield f"{place}: {_words(problem['type'], problem['msg'])}"
    if len(problems) > MAX_TOLD:
        yield f"and {len(problems) - MAX_TOLD} more"


def _words(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is no limit that may stand here"
    if kind in ("model_type", "dict_type"):
        return "must be a mapping; leave it out where nothing is limited"
    return _NUMBER.sub(r"\1", _SUBJECT.sub("must", message.removeprefix("Value error, ")))
