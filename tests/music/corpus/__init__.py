"""Tests of the corpus: readers, codec, splits, manifest, build."""
