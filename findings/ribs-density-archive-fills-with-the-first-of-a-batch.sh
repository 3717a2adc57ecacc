#!/usr/bin/env bash
# pyribs: DensityArchive's buffer is no sample of what was added: most of it is the first row of each batch
#
# Guess:  "reservoir sampling to enable sampling uniformly from the incoming solutions": each measure has the same chance to be kept.
# Really: after a skip inside a batch the place is counted from the batch's start again, so nearly every replacement
#         takes row 0. Batches of 64 rows into a buffer of 1000: row 0 is 83 % of the buffer instead of 1.6 %. One batch of 10000
#         rows leaves two or three different ones. Rows added one at a time are sampled fairly.
# Hurts:  density descent (DDS) takes the first emitter's first solution for the crowd and flees from it; novelty
#         measured against this buffer is novelty against one point.
# Seen with ribs 0.12.0, numpy 2.4.6, Python 3.11.
# Output seen:
#   200 batches of rows 0 to 63: row 0 is 0.831 of the buffer; one at a time 0.012
#   one batch of 10000 different rows into 100 places: 2 different rows, one of them 99 times
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check ribs==0.12.0 numpy==2.4.6
venv/bin/python - <<'PROOF'
import numpy as np
from ribs.archives import DensityArchive

ROWS = np.arange(64.0)[:, None]


def share_of_row_0(split):
    archive = DensityArchive(measure_dim=1, buffer_size=1000, bandwidth=0.1, seed=1)
    for _ in range(200):
        for part in np.split(ROWS, split):
            archive.add(None, None, part)
    return float((archive.buffer == 0).mean())


whole, single = share_of_row_0(1), share_of_row_0(64)
print(f"200 batches of rows 0 to 63: row 0 is {whole:.3f} of the buffer; one at a time {single:.3f}")
archive = DensityArchive(measure_dim=1, buffer_size=100, bandwidth=0.1, seed=0)
archive.add(None, None, np.arange(10000.0)[:, None])
kinds, counts = np.unique(archive.buffer, return_counts=True)
print(f"one batch of 10000 different rows into 100 places: {len(kinds)} different rows, one of them {counts.max()} times")
assert whole > 0.6 and single < 0.05
assert len(kinds) < 5 and counts.max() > 90
PROOF
