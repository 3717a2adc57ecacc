"""Comparisons with other learners and libraries; run by hand, see README.md."""
