"""What risk says to an intent and by which limits; what an intent is stands in `intents`."""
