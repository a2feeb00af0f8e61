"""`python -m tradewind` runs the command where it is not installed as a script."""

from tradewind.operations.cli import main

if __name__ == "__main__":
    main()
