"""The documentation site: `python -m docs.site --out FOLDER` builds it from the pages and the docstrings, without network."""
