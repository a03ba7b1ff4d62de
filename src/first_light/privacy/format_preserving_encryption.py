"""A keyed reordering of 0..n-1 for any n: one-to-one, and unpredictable without the key.

A Feistel network over two almost equal halves; where they span a little more than n, an index that
falls outside is sent through again until it is inside (cycle walking), which keeps it one-to-one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import isqrt

_ROUNDS = 6  # pairs of half rounds; a break needs chosen inputs, which nobody can submit here
_SMALL = 1 << 20  # below this size a fixed point is likely enough to be ruled out by construction

_Mix = Callable[[int, int, int], int]


def permute(key: bytes, tweak: str, size: int, index: int) -> int:
    """Where the reordering that `key` and `tweak` choose puts `index`.

    Args:
        key: 1 to 64 bytes.
        tweak: picks one of many unrelated reorderings under the same key.
        size: n, at least 1.
        index: 0 to n-1.

    Returns:
        0 to n-1; another index for every other index. Never `index` itself when 2 <= n < 2**20.
    """
    if size == 1:
        return index
    left = isqrt(size - 1) + 1
    right = -(-size // left)
    mix = _mixer(key, f"{size}:{tweak}")
    if size >= _SMALL:
        return _walk(mix, left, right, size, index)
    # A shift between the way there and the way back moves every index.
    step = 1 + mix(2 * _ROUNDS, size, size - 1)
    there = _walk(mix, left, right, size, index)
    return _walk_back(mix, left, right, size, (there + step) % size)


def _walk(mix: _Mix, left: int, right: int, size: int, index: int) -> int:
    while True:
        high, low = divmod(index, right)
        for turn in range(_ROUNDS):
            high = (high + mix(2 * turn, low, left)) % left
            low = (low + mix(2 * turn + 1, high, right)) % right
        index = high * right + low
        if index < size:
            return index


def _walk_back(mix: _Mix, left: int, right: int, size: int, index: int) -> int:
    while True:
        high, low = divmod(index, right)
        for turn in reversed(range(_ROUNDS)):
            low = (low - mix(2 * turn + 1, high, right)) % right
            high = (high - mix(2 * turn, low, left)) % left
        index = high * right + low
        if index < size:
            return index


def _mixer(key: bytes, tweak: str) -> _Mix:
    """A keyed function of a turn and a number, below a bound; 8 spare bytes make it even."""
    base = hashlib.blake2b(tweak.encode(), key=key, digest_size=64)
    wide = base.digest()

    def mix(turn: int, number: int, bound: int) -> int:
        text = number.to_bytes((number.bit_length() + 7) // 8, "big")
        length = (bound.bit_length() + 7) // 8 + 8
        if length <= 64:
            state = base.copy()
            state.update(b"%d:" % turn + text)
            return int.from_bytes(state.digest(), "big") % bound
        digest = hashlib.shake_256(wide + b"%d:" % turn + text).digest(length)
        return int.from_bytes(digest, "big") % bound

    return mix
