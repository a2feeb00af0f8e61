"""Signs what Schemathesis sends, with the key of TRADEWIND_API_KEY; it loads this as its hooks."""

import time
from typing import Any, Final

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase
from tradewind_client import ApiKey

KEY: Final = ApiKey.from_environment()
assert KEY is not None


class Signed(AuthBase):
    """Signs a request as it will be sent."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        assert KEY is not None
        body: Any = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        now_ms = int(time.time() * 1_000)
        method, target = str(request.method), request.path_url
        request.headers["Authorization"] = KEY.authorization(method, target, content, now_ms)
        return request


schemathesis.auth.set_from_requests(Signed())  # type: ignore[attr-defined]
