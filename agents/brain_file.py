"""A brain as a file: its size limit, inputs and outputs; `safefiles` reads and checks it before it is used."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.errors import BrainRefused
from agents.messages import say
from safefiles.causes import message_of
from safefiles.errors import FileRefused
from safefiles.messages import Message
from safefiles.onnx_guard import GuardedModel, Limits, ModelShape, Output, guard_model, read_model

INPUT, MASK, LOGITS, VALUE = "observation", "action_mask", "logits", "value"
SHAPE = ModelShape(INPUT, (Output(LOGITS), Output(VALUE, columns=1, required=False)), more_inputs=(MASK,))
LIMITS = Limits(
    file_bytes=5 * 1024 * 1024,
    nodes=256,
    initialisers=256,
    parameters=1_250_000,
    width=4096,
    work=5_000_000,
)


def brain_place(name: str) -> Message:
    """Return the name of a brain in messages."""
    return say("brain", name=name)


@contextmanager
def brain_refusals() -> Iterator[None]:
    """Turn the refusal of a file into BrainRefused with the same message."""
    try:
        yield
    except FileRefused as error:
        raise BrainRefused(message_of(error)) from error


def read_brain(path: Path, where: str) -> tuple[bytes, GuardedModel]:
    """The bytes of a brain that passed the guard, and what the guard read; BrainRefused if it did not pass."""
    with brain_refusals():
        data = read_model(path, where, LIMITS)
        return data, guard_model(data, where, SHAPE, LIMITS)
