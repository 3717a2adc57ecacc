"""Split pieces into training, validation and test, by hash; validation and test each get a tenth of a collection's windows.

Pieces that share a melody (a tune in two books, a chorale harmonised twice) go to the same split, so that no held-out melody
occurs in training.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from music import vocabulary as vo
from music.windows import Windows

SPLITS: Final = ("train", "validation", "test")
HELD_OUT: Final = 0.1  # of a collection's windows, for each of validation and test
LARGEST: Final = 0.5  # a group with more than this share of a split's windows stays in training
# A melody window of fewer notes is too common to show that two pieces are the same tune
TELLING_NOTES: Final = 8


def tune_groups(windows: Sequence[Windows]) -> list[int]:
    """Return a group number for each piece; pieces with a four-bar melody in common share it."""
    parent = list(range(len(windows)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    owner: dict[bytes, int] = {}
    for index, piece in enumerate(windows):
        telling = (piece.melody >= vo.FIRST_PITCH).sum(1) >= TELLING_NOTES
        for melody in piece.melody[telling]:
            first = owner.setdefault(melody.tobytes(), index)
            one, other = root(first), root(index)
            parent[max(one, other)] = min(one, other)
    return [root(index) for index in range(len(windows))]


def split_pieces(
    identities: Sequence[str], collections: Sequence[str], counts: Sequence[int], groups: Sequence[int]
) -> list[str]:
    """Return the split of each piece.

    A group belongs to the collection of its first piece. Within a collection the groups are assigned in the order of their
    first piece's hash: to test, then to validation, until each has its share of the windows, the rest to training.
    """
    members: dict[int, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    by_collection: dict[str, list[list[int]]] = {}
    for group in sorted(members):
        by_collection.setdefault(collections[group], []).append(members[group])
    splits = ["train"] * len(identities)
    for own in by_collection.values():
        own.sort(key=lambda group: hashlib.sha256(identities[group[0]].encode()).digest())
        weights = [sum(counts[index] for index in group) for group in own]
        share = HELD_OUT * sum(weights)
        held = dict.fromkeys(("test", "validation"), 0.0)
        for pieces, weight in zip(own, weights):
            if not weight or weight > LARGEST * share:
                continue
            for name in held:
                if held[name] < share:
                    held[name] += weight
                    for index in pieces:
                        splits[index] = name
                    break
    return splits


def first_of_each(windows: Windows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return a mask (N,): true for the first window of each set of equal windows."""
    tokens = np.concatenate([windows.melody, windows.bass, windows.chords, windows.drums], 1)
    _, first = np.unique(tokens, axis=0, return_index=True)
    mask = np.zeros(len(windows), np.bool_)
    mask[first] = True
    return mask
