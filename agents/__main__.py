"""`python -m agents`: the same commands that a game mounts under its own name."""

from agents.cli import main

if __name__ == "__main__":
    main()
