"""`python -m recommender`."""

from recommender.commands.root import main

main()
