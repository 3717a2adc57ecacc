"""The documentation site: `python -m docs.site --out FOLDER` makes it of the repository's pages and docstrings, without network."""
