"""`tradewind demo`: a client that uses only REST and the WebSocket, and no code of the roles."""
