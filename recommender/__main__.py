"""`python -m recommender`."""

import os

# Before NumPy is loaded: for the small systems here, BLAS threads waiting for each other cost more than they save
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from recommender.commands.root import main

main()
