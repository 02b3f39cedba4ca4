import gzip
import os

import numpy as np
import pytest

from builders import CONTIG_20, write_fasta
from pasvar.errors import InputError
from pasvar.genome import Genome, contig_table
from pasvar.sequence import decode

#         0123456789
LETTERS = "ACGTacgtNR"


@pytest.fixture(params=["genome.fa", "genome.fa.gz"])
def small(request, tmp_path):
    """Two contigs, soft-masked in part, on lines of 4, plain and bgzipped."""
    path = write_fasta(tmp_path / request.param, {"b": LETTERS, "a": "TTTTTT"}, width=4)
    with Genome(path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (0, 4, "ACGT"),
        (3, 6, "TAC"),
        (0, 10, "ACGTACGTNN"),
        (9, 10, "N"),
        (-3, 2, "NNNAC"),
        (8, 13, "NNNNN"),
        (6, 12, "GTNNNN"),
        (-2, 12, "NNACGTACGTNNNN"),
        (-5, -2, "NNN"),
        (-5, 0, "NNNNN"),
        (10, 12, "NN"),
        (20, 23, "NNN"),
        (4, 4, ""),
    ],
)
def test_a_stretch_is_upper_case_and_n_past_the_contigs_ends(small, start, end, text):
    stretch = small.stretch("b", start, end)
    assert decode(stretch.codes) == text
    assert (stretch.start, stretch.end, stretch.contig_length) == (start, end, 10)


def test_n_past_the_end_is_not_the_next_contig(small):
    assert decode(small.stretch("a", -2, 8).codes) == "NNTTTTTTNN"


def test_between(small):
    stretch = small.stretch("b", 2, 8)
    assert decode(stretch.between(2, 8)) == "GTACGT"
    assert decode(stretch.between(5, 6)) == "C"
    assert decode(stretch.between(8, 8)) == ""
    for start, end in [(1, 5), (5, 9), (5, 4)]:
        with pytest.raises(IndexError, match=rf"\[{start}, {end}\) is not within the stretch \[2, 8\)"):
            stretch.between(start, end)


def test_contigs_in_the_fastas_order(small):
    assert contig_table(small).to_dict("list") == {"chrom": ["b", "a"], "length": [10, 6]}
    assert small.names.match("chrb") == "b"


def test_the_index_is_read_beside_the_fasta_else_made_in_the_index_folder(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    for name, suffixes in {"a.fa": [".fai"], "b.fa.gz": [".fai", ".gzi"]}.items():
        path = write_fasta(folder / name, {"1": "ACGT"})
        with Genome(path, tmp_path / "mine") as genome:
            assert decode(genome.stretch("1", 1, 3).codes) == "CG"
        assert sorted(p.name for p in (tmp_path / "mine").glob(f"{name}*")) == [name + suffix for suffix in suffixes]
        assert list(folder.glob(f"{name}.*i")) == []
        with Genome(path):
            pass
        assert sorted(p.name for p in folder.glob(f"{name}.*i")) == [name + suffix for suffix in suffixes]
    with Genome(folder / "a.fa", tmp_path / "other"):
        assert not (tmp_path / "other").exists()


def test_an_index_of_our_own_follows_a_changed_fasta(tmp_path):
    path = write_fasta(tmp_path / "a.fa", {"1": "ACGT"})
    with Genome(path, tmp_path / "mine"):
        pass
    write_fasta(path, {"1": "GGGGGGGG"})
    index = tmp_path / "mine" / "a.fa.fai"
    # Two writes in one tick of the clock would look like one.
    os.utime(path, (index.stat().st_mtime + 10, index.stat().st_mtime + 10))
    with Genome(path, tmp_path / "mine") as genome:
        assert decode(genome.stretch("1", 0, 9).codes) == "GGGGGGGGN"


def test_missing_fasta(tmp_path):
    with pytest.raises(InputError, match=r"none\.fa: no such FASTA file \(config key `fasta`\)"):
        Genome(tmp_path / "none.fa")


def test_gzipped_instead_of_bgzipped(tmp_path):
    path = tmp_path / "genome.fa.gz"
    with gzip.open(path, "wt") as file:
        file.write(">1\nACGT\n")
    with pytest.raises(InputError, match=r"genome\.fa\.gz: gzipped, not bgzipped; .*bgzip"):
        Genome(path)


@pytest.mark.parametrize("text", ["", "this is\nno FASTA\n", ">1\nACGT\nAC\nACGT\n"])
def test_no_fasta(tmp_path, text):
    path = tmp_path / "genome.fa"
    path.write_text(text)
    with pytest.raises(InputError, match=r"genome\.fa: (cannot be read as an indexed FASTA|holds no sequence)"):
        Genome(path)


def test_another_files_index_is_noticed(tmp_path):
    path = write_fasta(tmp_path / "genome.fa", {"1": "ACGT"})
    (tmp_path / "genome.fa.fai").write_text("1\t400\t3\t60\t61\n")
    with Genome(path) as genome, pytest.raises(InputError, match=r"1:1-50 gave 4 bases; is the \.fai of this file\?"):
        genome.stretch("1", 0, 50)


def test_letters_of_no_nucleotide_are_named_with_their_place(tmp_path):
    path = write_fasta(tmp_path / "genome.fa", {"1": "ACGTE"})
    with Genome(path) as genome, pytest.raises(InputError, match=r"genome\.fa: 1:1-5: character .*E.* at index 4"):
        genome.stretch("1", 0, 5)


def test_patches_have_what_was_asked_for_and_what_is_near(tmp_path):
    contig = CONTIG_20 * 40
    starts, ends = np.array([-5, 10, 60, 20_000, 27_990]), np.array([8, 50, 70, 20_100, 28_010])
    with Genome(write_fasta(tmp_path / "genome.fa", {"20": contig})) as genome:
        patches = genome.patches("20", starts, ends)
        none = genome.patches("20", starts[:0], ends[:0])
    for start, end in zip(starts, ends, strict=True):
        expected = "N" * -min(start, 0) + contig[max(start, 0) : end] + "N" * max(end - len(contig), 0)
        assert decode(patches.between(start, end)) == expected
    assert decode(patches.between(40, 65)) == contig[40:65]
    places = np.array([20_050, 3, 27_999, 28_000])
    assert decode(patches.at(places)) == contig[20_050] + contig[3] + contig[27_999] + "N"
    for start, end in ((60, 71), (-6, 0), (15_000, 15_001), (60, 20_010)):
        with pytest.raises(IndexError):
            patches.between(start, end)
    assert (patches.start, none.start, len(none.at(places[:0]))) == (-5, 0, 0)
