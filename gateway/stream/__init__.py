"""The WebSocket: one tail of the event stream fanned out to clients; nothing is submitted here."""
