"""`python -m simulators.vendors --port 8090` serves until it is told to stop."""

import argparse
import logging
import socket
import sys
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulators.vendors.app import SLOW_SECONDS, make_app
from simulators.vendors.transports import TRANSPORT


class AbortableProtocol(HttpToolsProtocol):
    """Hands its connection to the application, which cuts it in some modes."""

    def on_message_begin(self) -> None:
        """Begin a request, with the connection in its state."""
        super().on_message_begin()
        state: dict[str, Any] = self.scope.setdefault("state", {})
        state[TRANSPORT] = self.transport


def main() -> None:
    """Serve, after a line that says where: `listening on http://127.0.0.1:8090`."""
    parser = argparse.ArgumentParser(prog="python -m simulators.vendors", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--slow-seconds", type=float, default=SLOW_SECONDS)
    options = parser.parse_args()
    listener = socket.create_server((options.host, options.port))
    host, port = listener.getsockname()[:2]
    sys.stdout.write(f"listening on http://{host}:{port}\n")
    sys.stdout.flush()
    # What it is told to do wrong is no news.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        make_app(options.slow_seconds),
        http=AbortableProtocol,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
