"""Any annotation says the same in every dialect, and whatever the order of its lines."""

import random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import gtf_line, records, write_fasta
from pasvar.genome.annotation import read_annotation
from pasvar.genome.fasta import Genome

LENGTH = 2000
COLUMNS = ["transcript_id", "gene_id", "chrom", "strand", "start", "end", "utr_length"]


@pytest.fixture(scope="module")
def two_contigs(tmp_path_factory):
    contigs = {"chr1": "ACGT" * (LENGTH // 4), "chr2": "TGCA" * (LENGTH // 4)}
    with Genome(write_fasta(tmp_path_factory.mktemp("two") / "genome.fa", contigs)) as opened:
        yield opened


@st.composite
def transcripts(draw) -> dict:
    """Exons that do not touch, and the first and last place of the CDS with its stop codon among their bases."""
    borders = draw(st.lists(st.integers(0, LENGTH), min_size=2, max_size=8, unique=True).map(sorted))
    exons = [*zip(borders[::2], borders[1::2], strict=False)]
    bases = [base for start, end in exons for base in range(start, end)]
    coding = None
    if len(bases) >= 6 and draw(st.booleans()):
        first = draw(st.integers(0, len(bases) - 6))
        coding = first, draw(st.integers(first + 5, len(bases) - 1))
    return {"exons": exons, "bases": bases, "coding": coding}


@st.composite
def annotations(draw) -> list[dict]:
    """Genes on two contigs and strands, each with up to three transcripts at one place."""
    found = []
    for gene in range(draw(st.integers(1, 4))):
        chrom, strand = draw(st.sampled_from(["chr1", "chr2"])), draw(st.sampled_from("+-"))
        first = draw(transcripts())
        for number in range(draw(st.integers(1, 3))):
            # Isoforms share the gene's exons and lack the last ones, so that they overlap.
            n_exons = max(1, len(first["exons"]) - number)
            exons = first["exons"][:n_exons]
            bases = [base for start, end in exons for base in range(start, end)]
            coding = first["coding"] if number == 0 else None
            found.append(
                {"gene": f"G{gene}", "name": f"T{gene}.{number}", "chrom": chrom, "strand": strand}
                | {"exons": exons, "bases": bases, "coding": coding}
            )
    return found


def expected(transcript: dict) -> tuple:
    """What `read_annotation` must give, from the transcript base by base."""
    utr = None
    if transcript["coding"]:
        first, last = transcript["coding"]
        utr = len(transcript["bases"]) - 1 - last if transcript["strand"] == "+" else first
    start, end = transcript["exons"][0][0], transcript["exons"][-1][1]
    return (transcript["name"], transcript["gene"], transcript["chrom"], transcript["strand"], start, end, utr)


def runs(bases: list[int]) -> list[tuple[int, int]]:
    """Bases as intervals."""
    found: list[list[int]] = []
    for base in bases:
        if found and found[-1][1] == base:
            found[-1][1] = base + 1
        else:
            found.append([base, base + 1])
    return [(start, end) for start, end in found]


def lines(transcript: dict, has_line: bool, stop_inside: bool, attributes: str, chrom: str) -> list[str]:
    parts = [("transcript", transcript["exons"][0][0], transcript["exons"][-1][1])] if has_line else []
    parts += [("exon", *exon) for exon in transcript["exons"]]
    if transcript["coding"]:
        first, last = transcript["coding"]
        coding = transcript["bases"][first : last + 1]
        codon, rest = (coding[-3:], coding[:-3]) if transcript["strand"] == "+" else (coding[:3], coding[3:])
        parts += [("CDS", *run) for run in runs(coding if stop_inside else rest)]
        parts += [("stop_codon", *run) for run in runs(codon)]
    attributes = attributes.format(**transcript)
    return [
        gtf_line(chrom, "source", feature, start + 1, end, transcript["strand"], attributes)
        for feature, start, end in parts
    ]


DIALECTS = {
    "Ensembl": (
        'gene_id "{gene}"; transcript_id "{name}"; transcript_biotype "x"; tag "basic"; tag "CCDS";',
        True,
        False,
    ),
    "RefSeq": (
        'gene_id "{gene}"; transcript_id "{name}"; db_xref "a:1"; note "a; gene_id of {gene}"; gbkey "mRNA";',
        True,
        False,
    ),
    "UCSC": ('gene_id "{gene}"; transcript_id "{name}"; ', False, False),
    "CDS with its stop codon": ('transcript_id "{name}";gene_id "{gene}";gene_name "";', True, True),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@given(annotation=annotations(), seed=st.integers(0, 2**16), bare=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_dialects_and_orders_of_lines_say_the_same(two_contigs, tmp_path, dialect, annotation, seed, bare):
    attributes, has_line, stop_inside = DIALECTS[dialect]
    text = [
        line
        for transcript in annotation
        for line in lines(
            transcript, has_line, stop_inside, attributes, transcript["chrom"].removeprefix("chr" if bare else "")
        )
    ]
    random.Random(seed).shuffle(text)
    path = tmp_path / "genes.gtf"
    path.write_text("".join(text))
    found, exons, _ = read_annotation(path, two_contigs, [])
    assert sorted(records(found, *COLUMNS), key=str) == sorted(map(expected, annotation), key=str)
    bases = [exon for transcript in annotation for exon in transcript["exons"]]
    assert sorted(records(exons, "start", "end")) == sorted(bases)
