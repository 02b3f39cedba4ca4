"""A literal locus, its alleles and their windows as text, and random loci, for the tests of what alleles do to sequences.

The literal locus is 300 nt of the transcribed strand with AATAAA at 100; its window is [30, 235).
"""

from hypothesis import strategies as st

from builders import reverse_complement
from pasvar.genome import SequenceSlice
from pasvar.sequence import decode, encode
from pasvar.variants.alleles import AlternateWindow, Edit, alternate_window, trim

LOCUS = (
    "CTACGAGTATCTTCTACGCAGACTCTGAGCGATATACAGTGCTGCATCAG"  # 0, the window begins at 30
    "ATATACACACAGATAGTGAGCGACATGCATACAGAGCTGTCGCAGTAGTC"  # 50
    "AATAAACAGCGTCATATATGCACATGACTGCTGAGCGTGCTATCACTAGG"  # 100
    "ATACACATGTACATAGCAGCATCGACGTCACTTCGTTGCGTACACATGAC"  # 150
    "GACAGCATATGTCGCTGAAGCATCATGAGTACGCTACTGCGAGTAGTACA"  # 200, the window ends at 235
    "TGCTGAAGATCGAGATACAGCATCCACGACTGCTCTGTAGTACGAATCAG"  # 250
)
HEXAMER = 100
FLANK = 3000  # N on either side, as beyond the ends of a contig


def stretch_of(contig: str, flank: int = FLANK) -> SequenceSlice:
    return SequenceSlice(encode("N" * flank + contig + "N" * flank), -flank, len(contig))


def window_of(contig: str, hexamer: int, strand: str, edit: Edit):
    """`alternate_window` for a hexamer that starts (plus) or whose first transcribed base is (minus) at `hexamer`."""
    start = hexamer - 70 if strand == "+" else hexamer + 71 - 205
    return alternate_window(stretch_of(contig), edit, start, strand)


def told(window: AlternateWindow) -> tuple:
    """The window with its sequences as text."""
    return decode(window.codes), *window[1:4], None if window.other is None else decode(window.other)


def on_strand(strand: str, start: int, end: int, alt: str) -> tuple[str, int, Edit]:
    """(contig, hexamer, edit) that put the locus, and an edit of it, on one strand of a contig."""
    if strand == "+":
        return LOCUS, HEXAMER, Edit(start, end, encode(alt))
    length = len(LOCUS)
    mirrored = Edit(length - end, length - start, encode(reverse_complement(alt)))
    return reverse_complement(LOCUS), length - 1 - HEXAMER, mirrored


repetitive = st.one_of(st.text("AC", min_size=1, max_size=60), st.text("ACGT", min_size=1, max_size=60))


@st.composite
def signals(draw) -> tuple[str, int]:
    """(contig, hexamer): a short contig with many repeats around a hexamer."""
    before, after = draw(repetitive) * draw(st.integers(1, 4)), draw(repetitive) * draw(st.integers(1, 4))
    signal = draw(st.sampled_from(["AATAAA", "ATTAAA", "AAAAAA", "CCCCCC"]))
    return before + signal + after, len(before)


def draw_edit(draw, contig: str, hexamer: int) -> tuple[int, int, str]:
    """(start, end, alt), trimmed: an allele anywhere, or near the hexamer or the borders of the window."""
    places = [at for border in (-70, 0, 6, 135) for at in range(hexamer + border - 3, hexamer + border + 4)]
    inside = [at for at in places if 0 <= at < len(contig)]
    start = draw(st.one_of(st.sampled_from(inside), st.integers(0, len(contig) - 1)))
    end = min(start + draw(st.one_of(st.integers(0, 8), st.integers(0, 90))), len(contig))
    alt = draw(
        st.one_of(
            st.text("ACGT", max_size=8),
            st.text("AC", min_size=150, max_size=250),
            # what stands there once more, so that an insertion has several places
            st.integers(1, 12).map(lambda size: contig[start : start + size] + contig[start:end]),
        )
    )
    if contig[start:end] == alt:
        end, alt = start + 1, "C" if contig[start] != "C" else "A"
    edit = trim(start, contig[start:end], alt)
    return edit.start, edit.end, decode(edit.alt)


@st.composite
def loci(draw) -> tuple[str, int, int, int, str]:
    """(contig, hexamer, start, end, alt)."""
    contig, hexamer = draw(signals())
    return contig, hexamer, *draw_edit(draw, contig, hexamer)
