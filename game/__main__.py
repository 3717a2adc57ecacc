"""`python -m game` is the `bankshot` command."""

from game.cli import main

if __name__ == "__main__":
    main()
