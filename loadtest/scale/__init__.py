"""How many flows a second a machine of more cores carries, and which process is the wall."""
