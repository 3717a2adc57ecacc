#!/usr/bin/env bash
# numba: a compiled np.histogram counts values into bins whose edges, which it returns, say otherwise
#
# Guess:  compiled, np.histogram counts as NumPy does, or at least as the edges that it returns: a value is in bin i
#         if edges[i] <= value < edges[i + 1].
# Really: it only multiplies to find the bin; NumPy then corrects by the edges. Of 0.0, 0.1, ... 1.0 in ten bins from 0 to 1
#         three land in the bin above their own: 0.3 is below the edge 0.30000000000000004 and is counted there all the same.
# Hurts:  a grid of values such as levels, rewards or times in tenths has other counts in a kernel than in its test.
# Seen with numba 0.68.1, numpy 2.4.6, Python 3.11.
# Output seen:
#   NumPy    [1, 1, 2, 0, 1, 2, 1, 0, 1, 2]
#   compiled [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]
#   the edges are the same: True; values outside the bin that counts them: [0.3, 0.6, 0.7]
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check numba==0.68.1 numpy==2.4.6
venv/bin/python - <<'PROOF'
import numba
import numpy as np

values = np.array([tenths / 10 for tenths in range(11)])


@numba.njit
def histogram(numbers):
    """Counts and edges of ten bins from 0 to 1."""
    return np.histogram(numbers, 10, (0.0, 1.0))


counts, edges = np.histogram(values, 10, (0.0, 1.0))
compiled, own_edges = histogram(values)
print("NumPy   ", counts.tolist())
print("compiled", compiled.tolist())
same = bool((edges == own_edges).all())
outside = []
for value in values[:-1]:
    alone, own = histogram(np.array([value]))
    place = int(alone.argmax())
    if not own[place] <= value < own[place + 1]:
        outside.append(float(value))
print(f"the edges are the same: {same}; values outside the bin that counts them: {outside}")
assert counts.tolist() == [1, 1, 2, 0, 1, 2, 1, 0, 1, 2]
assert compiled.tolist() == [1] * 9 + [2]
assert same
assert outside == [0.3, 0.6, 0.7]
PROOF
