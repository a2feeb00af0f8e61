"""`tradewind demo`: a client that knows only REST and the WebSocket, and shows what happens."""
