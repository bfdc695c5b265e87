"""FARM_FINGERPRINT: FarmHash's Fingerprint64 of many strings at once.

The algorithm is `farmhashna::Hash64` as published in https://github.com/google/farmhash (farmhash.cc, MIT licence),
which BigQuery documents as the function behind FARM_FINGERPRINT. Each step of this version works on arrays: it sorts
the strings of a batch by length and hashes each length class together. Strings of more than 64 bytes advance by 64-byte
blocks in parallel, and a string drops out after its last block.
"""

from collections.abc import Callable
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Words = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]

_K0 = np.uint64(0xC3A5C85C97CB3127)
_K1 = np.uint64(0xB492B66FBE98F273)
_K2 = np.uint64(0x9AE16A3B2F90404F)
_SEED = 81
_MASK = (1 << 64) - 1
_BLOCK = 64
# numpy releases the interpreter lock in every step; two threads would lose their time with handing it over.
_one_at_a_time = Lock()


def fingerprint(strings: pa.Array) -> pa.Array:
    """Return FARM_FINGERPRINT of each string, NULL for NULL.

    Args:
        strings: a text or binary array, shape (n,).

    Returns:
        An int64 array, shape (n,).
    """
    if isinstance(strings, pa.ChunkedArray):
        strings = strings.combine_chunks()
    binary = strings.cast(pa.large_binary())
    offsets = np.frombuffer(binary.buffers()[1], dtype=np.int64, count=len(binary) + 1 + binary.offset)[binary.offset :]
    text = np.frombuffer(binary.buffers()[2] or b"", dtype=np.uint8)
    with _one_at_a_time:
        hashes = _hash_all(text, offsets[:-1], np.diff(offsets)).view(np.int64)
    nulls = binary.is_null().to_numpy(zero_copy_only=False) if binary.null_count else None
    return pa.array(hashes, mask=nulls)


def _hash_all(text: npt.NDArray[np.uint8], starts: Positions, lengths: Positions) -> Words:
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    hashes = np.empty(len(order), dtype=np.uint64)
    # With descending lengths, each class is one slice.
    bounds = np.searchsorted(-lengths, [-_BLOCK, -32, -16, -7, -3, 0], side="left").tolist()
    classes: list[Callable[[npt.NDArray[np.uint8], Positions, Positions], Words]]
    classes = [_hash_long, _hash_33_to_64, _hash_17_to_32, _hash_8_to_16, _hash_4_to_7, _hash_1_to_3, _hash_0]
    with np.errstate(over="ignore"):
        for hash_class, begin, end in zip(classes, [0, *bounds], [*bounds, len(order)], strict=True):
            if begin < end:
                hashes[begin:end] = hash_class(text, starts[begin:end], lengths[begin:end])
    unsorted = np.empty_like(hashes)
    unsorted[order] = hashes
    return unsorted


def _gather(text: npt.NDArray[np.uint8], at: Positions, width: int, word: str) -> npt.NDArray[np.uint64]:
    """Return the little-endian words of `width` bytes at each position, shape (width / word size, n)."""
    # An overlapping view with a stride of one byte turns an unaligned gather into one copy for each position.
    view: npt.NDArray[np.void] = np.ndarray(len(text) - width + 1, dtype=f"V{width}", buffer=text, strides=(1,))
    words: npt.NDArray[np.uint64] = np.ascontiguousarray(view[at].view(word).reshape(len(at), -1).T)
    return words


def _fetch64(text: npt.NDArray[np.uint8], at: Positions) -> Words:
    words: Words = _gather(text, at, 8, "<u8")[0]
    return words


def _fetch32(text: npt.NDArray[np.uint8], at: Positions) -> Words:
    words: Words = _gather(text, at, 4, "<u4")[0].astype(np.uint64)
    return words


def _rotate(value: Words, shift: int) -> Words:
    rotated = value << np.uint64(64 - shift)
    rotated |= value >> np.uint64(shift)
    return rotated


def _shift_mix(value: Words) -> Words:
    return value ^ (value >> np.uint64(47))


def _hash_pair(u: Words, v: Words, mul: Words) -> Words:
    a = _shift_mix((u ^ v) * mul)
    return _shift_mix((v ^ a) * mul) * mul


def _multiplier(lengths: Positions) -> Words:
    return _K2 + lengths.astype(np.uint64) * np.uint64(2)


def _hash_0(_text: npt.NDArray[np.uint8], starts: Positions, _lengths: Positions) -> Words:
    return np.full(len(starts), _K2, dtype=np.uint64)


def _hash_1_to_3(text: npt.NDArray[np.uint8], starts: Positions, lengths: Positions) -> Words:
    first, middle, last = (text[at].astype(np.uint64) for at in (starts, starts + (lengths >> 1), starts + lengths - 1))
    y = first + (middle << np.uint64(8))
    z = lengths.astype(np.uint64) + (last << np.uint64(2))
    return _shift_mix(y * _K2 ^ z * _K0) * _K2


def _hash_4_to_7(text: npt.NDArray[np.uint8], starts: Positions, lengths: Positions) -> Words:
    head = lengths.astype(np.uint64) + (_fetch32(text, starts) << np.uint64(3))
    return _hash_pair(head, _fetch32(text, starts + lengths - 4), _multiplier(lengths))


def _hash_8_to_16(text: npt.NDArray[np.uint8], starts: Positions, lengths: Positions) -> Words:
    mul = _multiplier(lengths)
    a = _fetch64(text, starts) + _K2
    b = _fetch64(text, starts + lengths - 8)
    return _hash_pair(_rotate(b, 37) * mul + a, (_rotate(a, 25) + b) * mul, mul)


def _hash_17_to_32(text: npt.NDArray[np.uint8], starts: Positions, lengths: Positions) -> Words:
    mul = _multiplier(lengths)
    a, b = _gather(text, starts, 16, "<u8")
    d, c = _gather(text, starts + lengths - 16, 16, "<u8")
    a, c, d = a * _K1, c * mul, d * _K2
    return _hash_pair(_rotate(a + b, 43) + _rotate(c, 30) + d, a + _rotate(b + _K2, 18) + c, mul)


def _hash_33_to_64(text: npt.NDArray[np.uint8], starts: Positions, lengths: Positions) -> Words:
    mul = _multiplier(lengths)
    a, b, e, f = _gather(text, starts, 32, "<u8")
    g, h, d, c = _gather(text, starts + lengths - 32, 32, "<u8")
    a, c, d, e = a * _K2, c * mul, d * _K2, e * mul
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    z = _hash_pair(y, a + _rotate(b + _K2, 18) + c, mul)
    g, h = (y + g) * mul, (z + h) * mul
    return _hash_pair(_rotate(e + f, 43) + _rotate(g, 30) + h, e + _rotate(f + a, 18) + g, mul)


def _weak_hash(words: Words, a: Words, b: Words) -> tuple[Words, Words]:
    """Compute WeakHashLen32WithSeeds of four words of each string; overwrites `a` and `b`."""
    a += words[0]
    b += a
    b += words[3]
    b = _rotate(b, 21)
    c = a.copy()
    a += words[1]
    a += words[2]
    c += b
    c += _rotate(a, 44)
    a += words[3]
    return a, c


class _LongState:
    """The 56 bytes of state of each string of more than 64 bytes."""

    def __init__(self, first: Words) -> None:
        y = (_SEED * int(_K1) + 113) & _MASK
        z = (y * int(_K2) + 113) & _MASK
        z = ((z ^ (z >> 47)) * int(_K2)) & _MASK
        self.x = np.uint64((_SEED * int(_K2)) & _MASK) + first
        self.y = np.full_like(first, y)
        self.z = np.full_like(first, z)
        self.v = (np.zeros_like(first), np.zeros_like(first))
        self.w = (np.zeros_like(first), np.zeros_like(first))

    def take(self, count: int) -> "_LongState":
        """Return views of the first `count` strings."""
        part = object.__new__(_LongState)
        part.x, part.y, part.z = self.x[:count], self.y[:count], self.z[:count]
        part.v, part.w = (self.v[0][:count], self.v[1][:count]), (self.w[0][:count], self.w[1][:count])
        return part

    def put(self, part: "_LongState") -> None:
        """Copy back the state that `take` returned, after its steps."""
        count = len(part.x)
        self.x[:count], self.y[:count], self.z[:count] = part.x, part.y, part.z
        self.v[0][:count], self.v[1][:count] = part.v
        self.w[0][:count], self.w[1][:count] = part.w

    def step(self, block: Words, mul: Words | np.uint64 = _K1, weight: np.uint64 | None = None) -> None:
        """Process one block of 64 bytes, shape (8, n); `weight` None means 1.

        Sums are computed in place, because allocating arrays would cost most of the time.
        """
        (v0, v1), (w0, w1) = self.v, self.w
        x = self.x + self.y
        x += v0
        x += block[1]
        x = _rotate(x, 37)
        x *= mul
        x ^= w1 if weight is None else w1 * weight
        y = self.y + v1
        y += block[6]
        y = _rotate(y, 42)
        y *= mul
        y += v0 if weight is None else v0 * weight
        y += block[5]
        z = _rotate(self.z + w0, 33)
        z *= mul
        self.v = _weak_hash(block[:4], v1 * mul, x + w0)
        self.w = _weak_hash(block[4:], z + w1, y + block[2])
        self.x, self.y, self.z = z, y, x


def _hash_long(text: npt.NDArray[np.uint8], starts: Positions, lengths: Positions) -> Words:
    """Hash strings of more than 64 bytes, sorted by descending length."""
    state = _LongState(_fetch64(text, starts))
    blocks = (lengths - 1) // _BLOCK
    for index in range(int(blocks[0])):
        active = int(np.searchsorted(-blocks, -index, side="left"))
        part = state if active == len(starts) else state.take(active)
        part.step(_gather(text, starts[:active] + index * _BLOCK, _BLOCK, "<u8"))
        if part is not state:
            state.put(part)
    return _finish_long(state, _gather(text, starts + lengths - _BLOCK, _BLOCK, "<u8"), lengths)


def _finish_long(state: _LongState, last_block: Words, lengths: Positions) -> Words:
    mul = _K1 + ((state.z & np.uint64(0xFF)) << np.uint64(1))
    w0 = state.w[0] + ((lengths - 1) & (_BLOCK - 1)).astype(np.uint64)
    v0 = state.v[0] + w0
    state.v, state.w = (v0, state.v[1]), (w0 + v0, state.w[1])
    state.step(last_block, mul, np.uint64(9))
    (v0, v1), (w0, w1) = state.v, state.w
    # `step` has already swapped x and z, as the algorithm does before its last line.
    return _hash_pair(
        _hash_pair(v0, w0, mul) + _shift_mix(state.y) * _K0 + state.z, _hash_pair(v1, w1, mul) + state.x, mul
    )
