"""The way in and the way to watch: REST, WebSocket, problem details."""
