"""Type aliases of the arrays that kernels read and write, named by their elements; comments at their uses give the shapes.

numba ignores annotations: a kernel's machine code depends only on its arguments. The aliases are for readers and mypy.
"""

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]  # the state, actions, ids
ByteArray = NDArray[np.uint8]  # tile ids
WordArray = NDArray[np.uint64]  # random streams (..., 2): PCG32 state, stream (odd)
CostArray = NDArray[np.uint16]  # lengths of paths
SenseArray = NDArray[np.float32]  # observations
RewardArray = NDArray[np.float64]  # rewards and their weights
BoolArray = NDArray[np.bool_]  # masks

# The int64 with the same bits, in kernels and in Python; numba treats it as `int`, NumPy's type stubs do not
int64: Final[Callable[[Any], int]] = cast("Any", np.int64)
