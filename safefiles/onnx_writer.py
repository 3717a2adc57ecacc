"""Write an ONNX model node by node from its weights, without a tracer and independent of a learner's exporter.

The counterpart of the guard: names, operator set and layout are those that `onnx_guard` accepts. Needs the package `onnx`,
which is installed only for training.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET: Final = 17
IR_VERSION: Final = 8


class GraphBuilder:
    """Collects the nodes and tensors of one graph; every method returns the name of the value it made."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A tensor of the file, as float32; a single number becomes a list of one."""
        self._tensors.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name))
        return name

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """One operator with one output."""
        made = helper.make_node(operator, inputs, [output], name=f"{operator}_{output}", **attributes)
        self._nodes.append(made)
        return output

    def linear(
        self, name: str, weight: NDArray[Any], bias: NDArray[Any], source: str, output: str | None = None
    ) -> str:
        """A dense layer, weight (out, in) and bias (out,); the output is called as the layer unless told otherwise."""
        tensors = [self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        return self.node("Gemm", [source, *tensors], output or name, transB=1)

    def model(
        self,
        name: str,
        inputs: Mapping[str, int],
        outputs: Mapping[str, int],
        metadata: Mapping[str, str],
        producer: tuple[str, str],
    ) -> bytes:
        """The checked file: the same calls give the same bytes.

        `inputs` and `outputs` give the columns of each; their rows are the batch. `producer`: name and version.
        """
        graph = helper.make_graph(self._nodes, name, _described(inputs), _described(outputs), self._tensors)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name=producer[0],
            producer_version=producer[1],
        )
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model, full_check=True)
        data: bytes = model.SerializeToString(deterministic=True)
        return data


def _described(sizes: Mapping[str, int]) -> list[Any]:
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])
        for name, size in sizes.items()
    ]
