"""Trading states and locks: what is in force, what changes it, and the gate that signing passes."""
