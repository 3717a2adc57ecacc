#!/usr/bin/env bash
# pyribs: its CMA-ES solves a problem in metres and fails at the same problem in millimetres
#
# Guess:  CMA-ES does not care for the unit: parameters, x0 and sigma0 times 1000 are the same run.
# Really: the evolution path is not divided by sigma (in Hansen's tutorial it is), so the path's part of the
#         covariance grows with the square of the unit. At sigma0 = 1000 it swamps the rest, the condition number passes 1e14 and the
#         emitter restarts again and again. At 100 it is much slower; at 1 and below that part hardly counts.
#         es="sep_cma_es" solves all three.
# Hurts:  a level's parameters in pixels, ticks or points get worse search than the same ones in 0 to 1, with no warning.
# Seen with ribs 0.12.0, numpy 2.4.6, numba 0.68.1, Python 3.11.
# Output seen (the sum of squares of ten parameters, from 90, after 3000 evaluations; medians of three seeds):
#   cma_es {1: '1.4e-10', 100: '3.7e-04', 1000: '5.2e+00'} restarts {1: 0, 100: 0, 1000: 7}
#   sep_cma_es {1: '5.9e-13', 100: '1.5e-12', 1000: '4.3e-11'} restarts {1: 0, 100: 0, 1000: 0}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check ribs==0.12.0 numpy==2.4.6 numba==0.68.1
venv/bin/python -W ignore - <<'PROOF'
import statistics

import numpy as np
from ribs.archives import GridArchive
from ribs.emitters import EvolutionStrategyEmitter


def search(es, unit, seed):
    """The lowest sum of squares, in units, after 150 rounds of 20, and the number of restarts."""
    archive = GridArchive(solution_dim=10, dims=[1], ranges=[(-1, 1)], seed=seed)
    emitter = EvolutionStrategyEmitter(
        archive, x0=np.full(10, 3.0 * unit), sigma0=unit, ranker="obj", selection_rule="mu",
        restart_rule="basic", batch_size=20, seed=seed, es=es,
    )
    for _ in range(150):
        solutions = emitter.ask()
        values, measures = -((solutions / unit) ** 2).sum(axis=1), np.zeros((20, 1))
        emitter.tell(solutions, values, measures, archive.add(solutions, values, measures))
    return -archive.stats.obj_max, emitter.restarts


found = {}
for es in ("cma_es", "sep_cma_es"):
    runs = {unit: [search(es, unit, seed) for seed in range(3)] for unit in (1, 100, 1000)}
    found[es] = {unit: statistics.median(left for left, _ in each) for unit, each in runs.items()}
    restarts = {unit: statistics.median(number for _, number in each) for unit, each in runs.items()}
    print(es, {unit: f"{left:.1e}" for unit, left in found[es].items()}, "restarts", restarts)
assert found["cma_es"][1] < 1e-6 and found["cma_es"][1000] > 1
assert max(found["sep_cma_es"].values()) < 1e-6
PROOF
