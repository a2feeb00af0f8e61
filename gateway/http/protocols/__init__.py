"""uvicorn's protocols with our bounds on a connection; what clients send is not read here."""
