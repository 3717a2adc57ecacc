"""A Gymnasium env with discrete actions -> PPO -> verified ONNX -> rated opponent.

A game needs `agents.runtime` alone to play (numpy and onnxruntime). Everything that imports torch (`train`, `runs`,
`learner`, `export` and what they stand on) is loaded by `cli` only when a command needs it.
This package knows no game: it speaks Gymnasium, NumPy and ONNX (docs in `agents/README.md`).
"""

__version__ = "0.1.0"
