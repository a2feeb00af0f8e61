"""How an intent is submitted, whoever does it: its portfolio, its event, and what is checked."""
