"""`python -m docs.site --out FOLDER`: build the documentation site; exit code 1 on a broken link or another fault."""

import argparse
import gc
import sys
import time
from pathlib import Path


def main() -> int:
    """Build the site and print its faults."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.site", description="Build the documentation site, without network."
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/site"),
        metavar="FOLDER",
        help="folder to write (default: out/site)",
    )
    out = parser.parse_args().out
    try:
        from docs.site.builder import build
    except ModuleNotFoundError as error:
        print(f"error: expected the package {error.name}, found none: pip install '.[docs]'", file=sys.stderr)
        return 2
    start = time.perf_counter()
    try:
        warnings = build(out)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    pages = sum(1 for _ in out.rglob("*.html"))
    print(warnings, end="", file=sys.stderr)
    print(f"{pages} pages in {time.perf_counter() - start:.1f} s: {out / 'index.html'}")
    return int(bool(warnings))


if __name__ == "__main__":
    gc.disable()  # a build keeps nearly all that it makes: looking for what it dropped takes a quarter of its time
    sys.exit(main())
