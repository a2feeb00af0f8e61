"""What is held: positions as documents; what changed them is in `execution`."""
