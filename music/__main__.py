"""`python -m music`: the same commands that a game adds to its own command line."""

from music.commands.root import main

if __name__ == "__main__":
    main()
