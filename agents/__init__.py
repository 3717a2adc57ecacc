"""Any Gymnasium vector env -> PPO -> verified ONNX -> rated opponent.

A game needs `agents.runtime` alone to play (numpy and onnxruntime). Everything that imports torch lives in
`learner`, `selfplay`, `checkpoint`, `train` and `export`, which `cli` loads only when a command needs them.
This package knows no game: it speaks Gymnasium, NumPy and ONNX (docs in `agents/README.md`).
"""

__version__ = "0.1.0"
