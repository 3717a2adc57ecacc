"""The recommender compared with other libraries, on the same splits and metrics; run by hand, see README.md."""
