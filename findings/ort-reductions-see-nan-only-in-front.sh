#!/usr/bin/env bash
# onnxruntime: ArgMax and ReduceMax notice a NaN in the first place of a row, and nowhere else
#
# Guess:  a NaN reaches the result wherever it stands (as in NumPy), or is left out wherever it stands.
# Really: in the first place it wins: ArgMax is 0, ReduceMax and ReduceMin are NaN. In any other place it is skipped
#         in silence: ArgMax names the largest of the rest, ReduceMax is that number. The element-wise Max gives NaN,
#         and TopK puts a NaN first wherever it stands.
# Hurts:  a policy with one broken logit goes on playing, and never picks that action; only where it is action 0 does it pick nothing
#         else. A check for NaN must look at the logits, not at the action.
# Seen with onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64.
# Output seen:
#   [nan, 0.1, 0.5] ArgMax 0 (NumPy 0), ReduceMax nan
#   [0.1, nan, 0.5] ArgMax 2 (NumPy 1), ReduceMax 0.5
#   [0.1, 0.5, nan] ArgMax 1 (NumPy 2), ReduceMax 0.5
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
ORT_DISABLE_TELEMETRY=1 venv/bin/python - <<'PROOF'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

NAN = float("nan")


def run(op, kind, row, **attributes):
    node = helper.make_node(op, ["x"], ["y"], **attributes)
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, None])],
        [helper.make_tensor_value_info("y", kind, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.array([row], np.float32)})[0].item()


seen = []
for row in ([NAN, 0.1, 0.5], [0.1, NAN, 0.5], [0.1, 0.5, NAN]):
    seen.append((
        run("ArgMax", TensorProto.INT64, row, axis=1, keepdims=0), int(np.argmax(row)),
        run("ReduceMax", TensorProto.FLOAT, row, axes=[1], keepdims=0),
    ))
    print(row, "ArgMax %d (NumPy %d), ReduceMax %.1f" % seen[-1])
assert [each[:2] for each in seen] == [(0, 0), (2, 1), (1, 2)]
assert np.isnan(seen[0][2]) and seen[1][2] == seen[2][2] == 0.5
PROOF
