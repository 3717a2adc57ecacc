"""The documentation site: `python -m docs.site --out FOLDER` makes it of the pages and the docstrings, without network."""
