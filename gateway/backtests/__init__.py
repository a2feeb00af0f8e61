"""Takes in back-tests, and shows what came of them."""
