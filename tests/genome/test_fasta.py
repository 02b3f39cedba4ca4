import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import CONTIG_20, write_fasta
from pasvar.errors import InputError
from pasvar.genome.fasta import Genome, contig_table
from pasvar.genome.fasta_index import index_fault
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
    stretch = small.slice("b", start, end)
    assert decode(stretch.codes) == text
    assert (stretch.start, stretch.end, stretch.contig_length) == (start, end, 10)


def test_n_past_the_end_is_not_the_next_contig(small):
    assert decode(small.slice("a", -2, 8).codes) == "NNTTTTTTNN"


def test_between(small):
    stretch = small.slice("b", 2, 8)
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
            assert decode(genome.slice("1", 1, 3).codes) == "CG"
        assert sorted(p.name for p in (tmp_path / "mine").glob(f"{name}*")) == [name + suffix for suffix in suffixes]
        assert list(folder.glob(f"{name}.*i")) == []
        with Genome(path):
            pass
        assert sorted(p.name for p in folder.glob(f"{name}.*i")) == [name + suffix for suffix in suffixes]
    with Genome(folder / "a.fa", tmp_path / "other"):
        assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("name", ["a.fa", "a.fa.gz"])
@pytest.mark.parametrize("seconds", [-10, 10])
def test_an_index_of_our_own_follows_a_changed_fasta_whatever_the_times(tmp_path, name, seconds):
    path = write_fasta(tmp_path / name, {"1": "ACGT"})
    with Genome(path, tmp_path / "mine"):
        pass
    write_fasta(path, {"1": "GGGGGGGG"})
    index = tmp_path / "mine" / f"{name}.fai"
    os.utime(path, (index.stat().st_mtime + seconds, index.stat().st_mtime + seconds))
    with Genome(path, tmp_path / "mine") as genome:
        assert decode(genome.slice("1", 0, 9).codes) == "GGGGGGGGN"


def test_missing_fasta(tmp_path):
    with pytest.raises(InputError, match=r"none\.fa: no such FASTA file \(config key `fasta`\)"):
        Genome(tmp_path / "none.fa")


def test_gzipped_instead_of_bgzipped(tmp_path):
    path = tmp_path / "genome.fa.gz"
    with gzip.open(path, "wt") as file:
        file.write(">1\nACGT\n")
    with pytest.raises(InputError, match=r"genome\.fa\.gz: gzipped, not bgzipped; .*bgzip"):
        Genome(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as a FASTA"),
        ("this is\nno FASTA\n", "cannot be read as a FASTA"),
        (
            ">1\nACGT\nAC\nACGT\n",
            r"cannot be read as a FASTA .*; lines of one length are expected, as seqkit seq -w 60 makes",
        ),
        (">1\nACGT\n\nACGT\n", "cannot be read as a FASTA .* at line 3"),
        (">1\nACGT\n\n\n>2\nACGT\n\n\n", "has blank lines between records; write it without, for example with grep"),
        (">1\nACGT\n>1\nACGT\n", 'cannot be read as a FASTA .*Duplicate key "1"'),
        (">\nACGT\n", "cannot be read as a FASTA .*Bad sequence name"),
    ],
)
def test_no_fasta(tmp_path, text, message):
    path = tmp_path / "genome.fa"
    path.write_text(text)
    for index_dir in (None, tmp_path / "mine"):
        with pytest.raises(InputError, match=r"genome\.fa: " + message):
            Genome(path, index_dir)
        assert not path.with_name("genome.fa.fai").exists()


def test_forms_that_are_read(tmp_path):
    """Windows line ends, contigs without bases, a description after the name, no last line end, ambiguity letters."""
    path = tmp_path / "genome.fa"
    path.write_bytes(b">a first\r\nACGT\r\nAC\r\n>none\r\n>b\tsecond\r\nNNRY\r\nac")
    for _ in range(2):  # the second time with the index of the first
        with Genome(path) as genome:
            assert genome.lengths == {"a": 6, "none": 0, "b": 6}
            assert decode(genome.slice("a", 0, 6).codes) == "ACGTAC"
            assert decode(genome.slice("none", 0, 2).codes) == "NN"
            assert decode(genome.slice("b", 0, 6).codes) == "NNNNAC"


CONTIGS = {"1": "ACGTACGTAC" * 3 + "ACGT", "2": "GGCCTTAAGC" * 4, "3": "TTGCA"}


def others(contigs: dict[str, str]) -> dict[str, dict[str, str]]:
    """Contigs that a FASTA may have had when its index was made."""
    return {
        "a name": {"chr1" if name == "1" else name: text for name, text in contigs.items()},
        "a name of that length": {"9" if name == "2" else name: text for name, text in contigs.items()},
        "a longer description": {f"{name} of another release": text for name, text in contigs.items()},
        "more bases": contigs | {"1": contigs["1"] + "A"},
        "fewer bases at the end": contigs | {"3": "TTGC"},
        "another order": dict(reversed(contigs.items())),
        "one contig more": contigs | {"4": "AC"},
        "one contig less": {name: text for name, text in contigs.items() if name != "3"},
    }


@pytest.mark.parametrize("name", ["genome.fa", "genome.fa.gz"])
@pytest.mark.parametrize("changed", [*others(CONTIGS), "the lines"])
def test_an_index_of_another_file_is_refused_or_made_again_elsewhere(tmp_path, name, changed):
    path = write_fasta(
        tmp_path / name, others(CONTIGS).get(changed, CONTIGS), width=8 if changed == "the lines" else 10
    )
    with Genome(path):
        stale = {index: index.read_bytes() for index in tmp_path.glob("*i")}
    write_fasta(path, CONTIGS, width=10)
    with pytest.raises(
        InputError, match=rf"{name}\.fai: not the index of this FASTA: .*; make it again with samtools faidx"
    ):
        Genome(path)
    with Genome(path, tmp_path / "mine") as genome:
        assert {chrom: decode(genome.slice(chrom, 0, len(text)).codes) for chrom, text in CONTIGS.items()} == CONTIGS
        assert len(genome.notes) == 1
        assert "is not the index of the FASTA" in genome.notes[0]
    assert {index: index.read_bytes() for index in stale} == stale


@pytest.mark.parametrize("name", ["genome.fa", "genome.fa.gz"])
@pytest.mark.parametrize("place", [0, 700, 1499])
def test_a_change_among_many_contigs_is_noticed(tmp_path, monkeypatch, name, place):
    monkeypatch.setattr("pasvar.genome.fasta_index._MOST_LOOKED_AT", 100)
    contigs = {f"c{i}": "ACGT" for i in range(1500)}
    path = write_fasta(tmp_path / name, contigs | {f"c{place}": "ACGTA"})
    with Genome(path):
        pass
    write_fasta(path, contigs)
    with pytest.raises(InputError, match="not the index of this FASTA"):
        Genome(path)


def test_a_stale_gzi_alone_is_noticed(tmp_path):
    contig = (CONTIG_20 * 120)[:80_000]  # more than one block
    path = write_fasta(tmp_path / "genome.fa.gz", {"1": contig[::-1]})
    with Genome(path):
        gzi = Path(f"{path}.gzi").read_bytes()
    Path(f"{path}.gzi").unlink()
    write_fasta(path, {"1": contig})
    with Genome(path, tmp_path / "mine"):
        pass
    Path(f"{path}.fai").write_bytes((tmp_path / "mine" / "genome.fa.gz.fai").read_bytes())
    Path(f"{path}.gzi").write_bytes(gzi)
    with pytest.raises(InputError, match=r"not the index of this FASTA"):
        Genome(path)


@pytest.mark.parametrize("text", ["", "no index\n", "1\t34\t3\tten\t11\n"])
def test_what_is_no_index(tmp_path, text):
    path = write_fasta(tmp_path / "genome.fa", CONTIGS, width=10)
    (tmp_path / "genome.fa.fai").write_text(text)
    with pytest.raises(InputError, match=r"genome\.fa\.fai: not the index of this FASTA: .*; make it again"):
        Genome(path)
    with Genome(path, tmp_path / "mine") as genome:
        assert genome.lengths == {"1": 34, "2": 40, "3": 5}


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text("ACGTn", max_size=30), min_size=1),
    st.integers(1, 9),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_index_of_the_file_itself_is_none_of_another(tmp_path, contigs, width):
    for name in ("genome.fa", "genome.fa.gz"):
        path = write_fasta(tmp_path / name, contigs, width)
        indexes = [Path(f"{path}{suffix}") for suffix in ((".fai", ".gzi") if name.endswith("gz") else (".fai",))]
        for index in indexes:
            index.unlink(missing_ok=True)
        with Genome(path) as genome:
            assert genome.lengths == {contig: len(text) for contig, text in contigs.items()}
        assert index_fault(path, *indexes) is None


@pytest.mark.parametrize(
    ("name", "has"), [("genome.fa", "bgzipped but not named"), ("genome.fa.gz", "named .gz but not")]
)
def test_a_name_that_says_another_compression(tmp_path, name, has):
    other = write_fasta(tmp_path / {"genome.fa": "genome.fa.gz", "genome.fa.gz": "genome.fa"}[name], {"1": "ACGT"})
    with pytest.raises(InputError, match=f"{name}: {has}"):
        Genome(other.rename(tmp_path / name))


def test_a_damaged_block_is_named(tmp_path):
    path = write_fasta(tmp_path / "genome.fa.gz", {"1": CONTIG_20 * 200})
    with Genome(path):
        pass
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"genome\.fa\.gz.*(damaged|not the index)"), Genome(path) as genome:
        genome.slice("1", 0, 140_000)


def test_letters_of_no_nucleotide_are_named_with_their_place(tmp_path):
    path = write_fasta(tmp_path / "genome.fa", {"1": "ACGTE"})
    with Genome(path) as genome, pytest.raises(InputError, match=r"genome\.fa: 1:1-5: character .*E.* at index 4"):
        genome.slice("1", 0, 5)


def test_patches_have_what_was_asked_for_and_what_is_near(tmp_path):
    contig = CONTIG_20 * 40
    starts, ends = np.array([-5, 10, 60, 20_000, 27_990]), np.array([8, 50, 70, 20_100, 28_010])
    with Genome(write_fasta(tmp_path / "genome.fa", {"20": contig})) as genome:
        patches = genome.chunks("20", starts, ends)
        none = genome.chunks("20", starts[:0], ends[:0])
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
