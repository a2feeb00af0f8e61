"""The prompts that models are asked by: released files that never change, and the rendering."""
