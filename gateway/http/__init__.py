"""What every route shares of HTTP: reading requests, writing answers, the server; no resource."""
