"""What happens to files: to their bytes, and to the text that is in them. Everything is decided by a random number generator."""

import gzip
import random
import zlib

WORDS = (
    *("", ".", "0", "-1", "1.5", "1e309", "nan", "inf", "2147483647", "2147483648", "4294967296", "9" * 30, "9" * 5000),
    *(
        "=cmd()",
        "@x",
        "-o",
        "\0",
        "\r",
        "\x1b[2J",
        "\u202e",
        "é",
        "\ufeff",
        '"',
        ";",
        "|",
        "%",
        "{chrom}",
        "../..",
        "~",
    ),
    *("<DEL>", "*", "N", "A" * 3000, "chr20", "20", "0/1", "./.", "0|1|2", "|0|1", "PASS", "AF=1e400", "END=-5", "GT"),
)
"""Texts that readers have stumbled over somewhere."""

NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def damage(data: bytes, rng: random.Random, is_text: bool) -> bytes:
    """The bytes of a file after one to four things have happened to them."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if is_text and rng.random() < 0.8:
            data = _text(data, rng)
        elif is_zipped(data) and rng.random() < 0.4:
            data = _inside(data, rng)
        else:
            data = _bytes(data, rng)
    return data


def is_zipped(data: bytes) -> bool:
    return data.startswith(b"\x1f\x8b")


def bgzip(data: bytes) -> bytes:
    """As bgzip does it: one block, and the empty one at the end."""
    return _block(data[:60000]) + (bgzip(data[60000:]) if len(data) > 60000 else _block(b""))


def _block(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    size = (len(packed) + 25).to_bytes(2, "little")
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + size
    return head + packed + zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")


def _inside(data: bytes, rng: random.Random) -> bytes:
    """What is compressed is damaged, and compressed again in good order."""
    try:
        plain = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return _bytes(data, rng)
    is_text = b"\0" not in plain[:1000]
    plain = _text(plain, rng) if is_text else _bytes(plain, rng)
    return bgzip(plain) if rng.random() < 0.9 else gzip.compress(plain, mtime=0)


def _bytes(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return rng.randbytes(rng.randrange(40))
    changed, at = bytearray(data), rng.randrange(len(data))
    # Headers and footers are where formats are fragile.
    if rng.random() < 0.5:
        at = min(at % 200, len(data) - 1) if rng.random() < 0.5 else max(len(data) - 1 - at % 200, 0)
    to = min(at + rng.choice((1, 2, 8, 60, 1000)), len(data))
    what = rng.randrange(8)
    if what == 0:
        changed[at] ^= 1 << rng.randrange(8)
    elif what == 1:
        changed[at] = rng.randrange(256)
    elif what == 2:
        width = rng.choice((1, 2, 4, 8))
        changed[at : at + width] = (rng.choice(NUMBERS) % (1 << 8 * width)).to_bytes(width, "little")
    elif what == 3:
        del changed[at:to]
    elif what == 4:
        changed[at:at] = changed[at:to]
    elif what == 5:
        changed[at:to] = rng.randbytes(to - at)
    elif what == 6:
        del changed[at:]
    else:
        changed[at:at] = rng.randbytes(rng.choice((1, 16, 300)))
    return bytes(changed)


def _text(data: bytes, rng: random.Random) -> bytes:
    """Lines and fields, as whoever writes tables gets them wrong."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    separator = rng.choice((b"\t", b"\t", b";", b",", b" ", b":", b"="))
    fields = lines[at].split(separator)
    field = rng.randrange(len(fields))
    word = rng.choice(WORDS).encode()
    what = rng.randrange(9)
    if what <= 3:
        fields[field] = word
    elif what == 4:
        del fields[field]
    elif what == 5:
        fields.insert(field, word)
    elif what == 6:
        other = rng.randrange(len(fields))
        fields[field], fields[other] = fields[other], fields[field]
    lines[at] = separator.join(fields)
    if what == 7:
        lines.insert(rng.randrange(len(lines)), lines[at])
    elif what == 8:
        del lines[at]
    return b"\n".join(lines)
