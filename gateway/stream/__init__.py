"""The WebSocket: one tail of the event stream per process, fanned out to its clients."""
