"""Models the problem document (RFC 9457), for those who read the interface's description."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.http.problems import TYPE_PREFIX, ProblemCode


class ProblemField(BaseModel):
    """A field that is wrong."""

    field: str
    message: str
    limit: int | float | str | None = None


class ProblemDocument(BaseModel):
    """Why a request had no success. `code` is stable; some codes bring fields of their own."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(json_schema_extra={"enum": [code.name for code in ProblemCode]})
    request_id: str
    errors: list[ProblemField]


def example_of(code: ProblemCode) -> dict[str, Any]:
    """Return what a problem of this code looks like."""
    return {
        "type": TYPE_PREFIX + code.name.lower().replace("_", "-"),
        "title": code.title,
        "status": code.status,
        "detail": code.title,
        "instance": "/intents",
        "code": code.name,
        "request_id": "01M8G5E8C33SMXKYM4C561G409",
        "errors": [],
    }
