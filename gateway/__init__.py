"""REST and WebSocket: how clients submit and watch; nothing is decided here, no role is known."""
