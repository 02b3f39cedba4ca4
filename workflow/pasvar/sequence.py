"""DNA as bytes of codes: A C G T N are 0 1 2 3 4, in the network's channel order (U is T)."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

BASES = "ACGTN"
N_CODE = 4

_INVALID = 255
_CODE = bytearray([_INVALID]) * 256
for _code, _letters in enumerate(("Aa", "Cc", "Gg", "TtUu", "NnRrYySsWwKkMmBbDdHhVv")):
    for _letter in _letters:
        _CODE[ord(_letter)] = _code
_BASE_CODE = np.array([code if chr(i) in "ACGTacgt" else _INVALID for i, code in enumerate(_CODE)], dtype=np.uint8)
_LETTER = np.frombuffer(BASES.encode(), dtype=np.uint8)
_COMPLEMENT = np.array([3, 2, 1, 0, 4], dtype=np.uint8)


def encode(sequence: str | bytes) -> np.ndarray:
    """Codes (uint8, one per base) of DNA or RNA text in either case; the IUPAC ambiguity letters are N.

    Raises ValueError naming the first character that is no nucleotide letter.
    """
    text = sequence.encode("ascii", "replace") if isinstance(sequence, str) else sequence
    # A bytearray's own translate is several times as fast as indexing an array, and the array on it can be written to.
    codes = np.frombuffer(bytearray(text).translate(_CODE), dtype=np.uint8)
    if (codes == _INVALID).any():
        index = int(np.argmax(codes == _INVALID))
        raise ValueError(f"character {sequence[index : index + 1]!r} at index {index} is not a nucleotide letter")
    return codes


def decode(codes: np.ndarray) -> str:
    """Upper-case DNA text of codes; the inverse of `encode` up to case, U and ambiguity letters."""
    return _LETTER[codes].tobytes().decode()


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Reverse complement along the last axis; N stays N."""
    return _COMPLEMENT[codes[..., ::-1]]


def n_differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """In how many places (n,) the rows of two arrays of codes (n, length) differ."""
    return np.asarray((first != second).sum(axis=1))


def on_strand(codes: np.ndarray, minus: np.ndarray) -> np.ndarray:
    """Single bases (n,) of the forward strand, those where `minus` (n,) is set as bases of the minus strand; its own inverse."""
    return np.where(minus, _COMPLEMENT[codes], codes)


def encode_rows(sequences: Sequence[str], length: int) -> np.ndarray:
    """(n, length) uint8 codes of n sequences of one length. Raises ValueError where one has another length."""
    if any(len(sequence) != length for sequence in sequences):
        raise ValueError(f"sequences of {length} nt are expected")
    return encode("".join(sequences)).reshape(len(sequences), length)


def encode_bases(texts: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Codes of all letters of n texts one after the other, and the index of each text's first, (n + 1,) with the end.

    Unlike `encode`, whatever is not A C G T in either case is 255.
    """
    texts = texts.combine_chunks()
    _, offsets, letters = texts.buffers()
    if not len(texts) or letters is None:
        return np.empty(0, dtype=np.uint8), np.zeros(len(texts) + 1, dtype=np.int64)
    first = np.frombuffer(offsets, dtype=np.int32)[texts.offset :][: len(texts) + 1].astype(np.int64)
    return _BASE_CODE[np.frombuffer(letters, dtype=np.uint8)[first[0] : first[-1]]], first - first[0]


def decode_rows(codes: np.ndarray) -> list[str]:
    """The inverse of `encode_rows`."""
    return text_rows(codes).to_pylist()


def text_rows(codes: np.ndarray) -> pa.StringArray:
    """`decode_rows` as a column, without an object per row."""
    ends = np.arange(len(codes) + 1, dtype=np.int64) * codes.shape[1]
    texts = pa.LargeStringArray.from_buffers(len(codes), pa.py_buffer(ends), pa.py_buffer(_LETTER[codes].tobytes()))
    return texts.cast(pa.string())
