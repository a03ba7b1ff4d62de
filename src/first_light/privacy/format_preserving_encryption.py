"""A keyed permutation of 0..n-1 for any n, unpredictable without the key.

A Feistel network over two almost equal halves; if they span slightly more than n, an index outside
is encrypted again until it is inside (cycle walking), which keeps the mapping one-to-one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import isqrt

_ROUNDS = 6  # pairs of half rounds; known attacks need chosen inputs, which are not possible here
_SMALL = 1 << 20  # below this size fixed points are likely, so the construction excludes them

_Mix = Callable[[int, int, int], int]


def permute(key: bytes, tweak: str, size: int, index: int) -> int:
    """The image of `index` under the permutation of `key` and `tweak`.

    Args:
        key: 1 to 64 bytes.
        tweak: selects one of many unrelated permutations under the same key.
        size: n, at least 1.
        index: 0 to n-1.

    Returns:
        0 to n-1; another index for every other index. Never `index` itself when 2 <= n < 2**20.
    """
    if size == 1:
        return index
    high_size = isqrt(size - 1) + 1
    low_size = -(-size // high_size)
    # Python writes no integer of more than 4300 decimal digits.
    mix = _mixer(key, f"{size:#x}:{tweak}" if size.bit_length() > 10_000 else f"{size}:{tweak}")
    if size >= _SMALL:
        return _walk(mix, high_size, low_size, size, index)
    # A shift between encryption and decryption moves every index.
    step = 1 + mix(2 * _ROUNDS, size, size - 1)
    encrypted = _walk(mix, high_size, low_size, size, index)
    return _walk_back(mix, high_size, low_size, size, (encrypted + step) % size)


def _walk(mix: _Mix, high_size: int, low_size: int, size: int, index: int) -> int:
    while True:
        high, low = divmod(index, low_size)
        for round_ in range(_ROUNDS):
            high = (high + mix(2 * round_, low, high_size)) % high_size
            low = (low + mix(2 * round_ + 1, high, low_size)) % low_size
        index = high * low_size + low
        if index < size:
            return index


def _walk_back(mix: _Mix, high_size: int, low_size: int, size: int, index: int) -> int:
    while True:
        high, low = divmod(index, low_size)
        for round_ in reversed(range(_ROUNDS)):
            low = (low - mix(2 * round_ + 1, high, low_size)) % low_size
            high = (high - mix(2 * round_, low, high_size)) % high_size
        index = high * low_size + low
        if index < size:
            return index


def _mixer(key: bytes, tweak: str) -> _Mix:
    """A keyed function of round and number, below a bound; 8 extra bytes make it uniform."""
    base = hashlib.blake2b(tweak.encode(), key=key, digest_size=64)
    wide = base.digest()

    def mix(round_: int, number: int, bound: int) -> int:
        text = number.to_bytes((number.bit_length() + 7) // 8, "big")
        length = (bound.bit_length() + 7) // 8 + 8
        if length <= 64:
            state = base.copy()
            state.update(b"%d:" % round_ + text)
            return int.from_bytes(state.digest(), "big") % bound
        digest = hashlib.shake_256(wide + b"%d:" % round_ + text).digest(length)
        return int.from_bytes(digest, "big") % bound

    return mix
