"""`python -m music`: the same commands that a game mounts under its own name."""

from music.commands.root import main

if __name__ == "__main__":
    main()
