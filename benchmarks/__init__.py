"""Side by side with others' learners; run by hand, see README.md."""
