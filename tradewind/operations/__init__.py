"""Commands and tools that set up, run and inspect the platform; nothing in here decides trades."""
