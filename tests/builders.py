"""Small literal inputs, written as files or frames: genomes, GTFs, VCFs, sites. Nothing here calls the code under test."""

from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest
import torch

needs_bfloat16 = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="needs a CPU that multiplies bfloat16"
)

CONTIG_20 = (
    "CTACGAGTATCTTCTACGCAGACTCTGAGCGATATACAGTGCTGCATCAG"  # 0
    "ATATACACACAGATAGTGAGCGACATGCATACAGAGCTGTCGCAGTAGAT"  # 50
    "GTGAGCGTCAGATTAGCTGATACTCACACAGCACTCTACGCCGTACAGCA"  # 100
    "AATAAACAGCGTCATATATGCACATGACTGCTGAGCGTGCTATCACTAGG"  # 150: a signal of the plus strand
    "ATACACATGTACATAGCAGCATCGACGTCACTTCGTTGCGTACACATGAC"  # 200
    "GACAGCATATGTCGCTGAAGCATCATGAGTACGCTACTGCGAGTAGTACA"  # 250
    "TGCTGAAGATCGAGATACAGCATCCACGACTGCTCTGTAGTACGAATCAG"  # 300
    "CTACTGTGACGACAGTAGAACTCTGCATAGATCTATAGTACAACTGTGCT"  # 350
    "CATAATGACATCGGTCTACGCATGAGTACGGCAATACGCATGATCATATA"  # 400
    "TTTATTCATGCAGATCGCGCACAGCTAGTCTGCATCAGTGTAGCATGTCG"  # 450: a signal of the minus strand
    "CTACACTCGATGAGTCTAGTGACGCATAGCACGATATGCTCGTAGCTGCG"  # 500
    "CTATAGTAATCACTATCAGCCAGCGCTCGACAGGATACACTGCTCTCTCA"  # 550
    "TGTGTACATAGTCTCTACTATATCCGACGCTACAGAAGATGTGTCTGTGC"  # 600
    "TTATACTCTAGACCTCGCTGCGCACCTCGGCTGTGGCTGTAGTATCATCA"  # 650
)
CONTIG_21 = (
    "TGCATCGTGCGTGCACGTACAATAAACTGCATACCAGCGACTGTCTGCGT"  # 0: a signal of the plus strand at 20
    "GCGTAATGCTGCTCTGTCGTCTAGCATGTCGCTACATACATCGCAAGTCG"  # 50
    "TTTATTAGTCACGACACGATCCATGACTTATGACCGCTGTAGTGCTGCTC"  # 100: a signal of the minus strand
)

_COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")


def reverse_complement(text: str) -> str:
    return text.translate(_COMPLEMENT)[::-1]


def write_fasta(path: Path, contigs: dict[str, str], width: int = 60) -> Path:
    """A FASTA; bgzipped where the name ends in .gz."""
    text = "".join(
        f">{name}\n" + "".join(sequence[i : i + width] + "\n" for i in range(0, len(sequence), width))
        for name, sequence in contigs.items()
    )
    if path.suffix == ".gz":
        with pysam.BGZFile(str(path), "w") as file:
            file.write(text.encode())
    else:
        path.write_text(text)
    return path


def write_vcf(
    path: Path,
    body: str,
    contigs: tuple[str, ...] = ("20", "21"),
    samples: tuple[str, ...] = (),
    index: str | None = "tbi",
    filters: tuple[str, ...] = (),
    header: tuple[str, ...] = ('##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">',),
) -> Path:
    """A VCF or BCF of records given as text, one a line: POS etc. separated by blanks, QUAL and FILTER left out.

    A line is `CHROM POS ID REF ALT INFO`, followed by one genotype per sample, with its phase set after a colon where it has one.
    path: ends in .vcf.gz or .bcf. index: "tbi", "csi" or None. filters: FILTER of each record, `.` for those that are left.
    header: lines about INFO that the records need.
    """
    lines = [
        "##fileformat=VCFv4.3",
        *(f"##contig=<ID={contig}>" for contig in contigs),
        *header,
        '##INFO=<ID=END,Number=1,Type=Integer,Description="End">',
        '##FILTER=<ID=PASS,Description="Passed">',
        *(
            f'##FILTER=<ID={name},Description="{name}">'
            for name in sorted({*";".join(filters).split(";")} - {"", ".", "PASS"})
        ),
        '##ALT=<ID=DEL,Description="Deletion">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
        '##FORMAT=<ID=PS,Number=1,Type=Integer,Description="Phase set">',
        "\t".join(
            ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", *(["FORMAT", *samples] if samples else [])]
        ),
    ]
    for line, passed in zip_longest(body.strip().splitlines(), filters, fillvalue="."):
        chrom, pos, name, ref, alt, info, *calls = line.split()
        form = "GT:PS" if any(":" in call for call in calls) else "GT"
        lines.append("\t".join([chrom, pos, name, ref, alt, ".", passed, info, *([form, *calls] if samples else [])]))
    text = "\n".join(lines) + "\n"
    if path.suffix == ".bcf":
        plain = path.with_suffix(".vcf")
        plain.write_text(text)
        pysam.bcftools.view("-O", "b", "-o", str(path), str(plain), catch_stdout=False)
        plain.unlink()
        if index:
            pysam.bcftools.index("--csi", str(path), catch_stdout=False)
        return path
    with pysam.BGZFile(str(path), "w") as file:
        file.write(text.encode())
    if index:
        pysam.tabix_index(str(path), preset="vcf", force=True, csi=index == "csi")
    return path


def make_sites(*places: tuple[str, str, int, str], to_cut: int = 20) -> pd.DataFrame:
    """A catalogue of sites, one for each (chrom, strand, forward start of the hexamer, gene).

    The cut is `to_cut` nt after the first transcribed base of the hexamer. By position in the order given.
    """
    rows = []
    for chrom, strand, hexamer_start, gene in places:
        first = hexamer_start if strand == "+" else hexamer_start + 5
        cut = first + to_cut if strand == "+" else first - to_cut
        window_start = first - 70 if strand == "+" else first + 71 - 205
        rows.append(
            {
                "site_id": f"{chrom}:{cut + 1}:{strand}",
                "chrom": chrom,
                "strand": strand,
                "cut_pos": cut + 1,
                "hexamer_start": hexamer_start,
                "hexamer_end": hexamer_start + 6,
                "window_start": window_start,
                "window_end": window_start + 205,
                "gene_id": gene,
                "gene_name": gene,
            }
        )
    return pd.DataFrame(rows).assign(source="gtf", a_rich=False, confidence=1.0, outside_fit=False, hexamer_tier=0)


def gtf_line(chrom: str, source: str, feature: str, start: int, end: int, strand: str, attributes: str) -> str:
    """A line of a GTF; start and end are 1-based and both included, as the format has them."""
    return f"{chrom}\t{source}\t{feature}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}\n"


def records(frame: pd.DataFrame, *columns: str) -> list[tuple]:
    """Rows of a frame as plain tuples, for comparison with literal ones; what is missing (null or NaN) is None."""
    rows = frame[list(columns)].astype(object).to_numpy().tolist()
    return [tuple(None if value is pd.NA or value != value else value for value in row) for row in rows]


class LinearNetwork:
    """A network whose scores are sums over the bases of a window: multiples of 1/64, exact in whatever order they are added."""

    def __init__(self, seed: int = 0):
        self._weights = np.random.default_rng(seed).integers(-64, 65, (205 * 5, 6)).astype(np.float32) / 64

    def scores(self, windows, done=lambda n: None):
        done(len(windows))
        return np.eye(5, dtype=np.float32)[windows].reshape(len(windows), 205 * 5) @ self._weights
