"""`python -m recommender`."""

import os

# Before NumPy is loaded: threads of its BLAS that wait for one another take longer than the small systems here
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from recommender.commands.root import main

main()
