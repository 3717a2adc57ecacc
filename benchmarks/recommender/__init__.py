"""The recommender side by side with others' libraries, on the same splits and figures; run by hand, see README.md."""
