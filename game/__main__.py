"""`python -m game` is the `bankshot` command."""

from game.cli.root import main

if __name__ == "__main__":
    main()
