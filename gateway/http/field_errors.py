"""Names one wrong field of a request, as a problem's `errors` lists it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """A field and what is wrong with it; `limit` is the bound it broke, where there is one."""

    field: str
    message: str
    limit: int | float | str | None = None

    def as_document(self) -> dict[str, Any]:
        """Return the error as it stands in a problem's `errors`."""
        document: dict[str, Any] = {"field": self.field, "message": self.message}
        if self.limit is not None:
            document["limit"] = self.limit
        return document
