"""Lets `python -m groundwork` do what the `groundwork` command does."""

from groundwork.cli import main

if __name__ == "__main__":
    main()
