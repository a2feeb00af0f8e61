"""The dashboard in a browser, on a platform of the tests' own."""
