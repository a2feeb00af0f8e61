"""Pure ASGI middleware: what every request gets, whatever its route; nothing of one resource."""
