"""REST and WebSocket: how clients submit and watch; nothing is decided here, no role is known."""

import tradewind  # noqa: F401 - before libraries, which it lets import lean
