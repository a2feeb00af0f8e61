"""Keeps the responses that are problems, each combination of codes once, for operations to name."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.http.media_types import PROBLEM_JSON
from gateway.http.operations import COMMON_PROBLEMS, SCOPED_PROBLEMS, Operation
from gateway.http.problems import ProblemCode

EXAMPLES: Final = "#/components/examples/"
RESPONSES: Final = "#/components/responses/"
SCHEMA: Final = "#/components/schemas/ProblemDocument"


class ProblemResponses:
    """The responses that the operations of one description have named so far."""

    def __init__(self) -> None:
        self._responses: dict[str, Any] = {}

    @property
    def responses(self) -> dict[str, Any]:
        """The responses by name, sorted."""
        return dict(sorted(self._responses.items()))

    def of(self, operation: Operation) -> dict[str, Any]:
        """Return a reference for each status, to a response with an example of each problem."""
        shared = [*COMMON_PROBLEMS, *(SCOPED_PROBLEMS if operation.scope is not None else ())]
        by_status: dict[int, list[ProblemCode]] = {}
        for code in sorted({*shared, *operation.problems}, key=lambda one: one.name):
            by_status.setdefault(code.status, []).append(code)
        prefix = "" if operation.scope is not None else "public-"
        return {
            str(status): self._named(
                "-".join([f"{prefix}{status}", *(one.name for one in codes if one not in shared)]),
                codes,
            )
            for status, codes in sorted(by_status.items())
        }

    def _named(self, name: str, codes: Sequence[ProblemCode]) -> dict[str, Any]:
        self._responses[name] = {
            "description": " · ".join(f"`{code.name}`: {code.title}." for code in codes),
            "content": {
                PROBLEM_JSON: {
                    "schema": {"$ref": SCHEMA},
                    "examples": {code.name: {"$ref": EXAMPLES + code.name} for code in codes},
                }
            },
        }
        return {"$ref": RESPONSES + name}
