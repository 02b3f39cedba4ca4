"""48 SNPs of polyadenylation signals (chromosome 20, GRCh37), each typed in four notations: one answer, that of the tables."""

import gzip
import re

import pandas as pd
import pytest

from builders import records
from pasvar.genome import Genome
from pasvar.query import Assembly, answer, find_effects, make_sites, open_engine
from pasvar.tables import ALLELE
from pasvar.variants import write_alleles

COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def snps(chr20) -> pd.DataFrame:
    return pd.read_csv(chr20.parent / "measured" / "pas_snps.chr20.tsv", sep="\t", dtype={"chrom": str})


@pytest.fixture(scope="module")
def gtf(chr20, snps, tmp_path_factory):
    """The annotation of the SNPs' genes alone."""
    path = tmp_path_factory.mktemp("gtf") / "genes.gtf"
    wanted = set(snps.gene_id)
    with gzip.open(next(chr20.glob("*.gtf.gz")), "rt") as lines:
        path.write_text("".join(line for line in lines if re.search(r'gene_id "([^"]+)"', line)[1] in wanted))
    return path


@pytest.fixture(scope="module")
def assembly(chr20, gtf):
    with Genome(chr20 / "chr20.fa") as genome:
        engine = open_engine("aparent2-mini", "cpu")
        sites = make_sites(gtf, genome, engine, min_canonical_share=0, predicted_sites={"mode": "off"})
        yield Assembly(genome, sites, engine)


def coding(exons: pd.DataFrame, strand: str, pos: int) -> str | None:
    """A position (1-based) as c. of a transcript, counted base by base from its exons; None upstream of it."""
    sign = 1 if strand == "+" else -1
    bases = sorted(sign * p for row in exons.itertuples() for p in range(row.start + 1, row.end + 1))
    coding_bases = sorted([sign * (int(exons.coding_start.iloc[0]) + 1), sign * int(exons.coding_end.iloc[0])])
    place = {base: i for i, base in enumerate(bases)}
    first, last = (place[base] for base in coding_bases)
    along, offset = sign * pos, ""
    if along < bases[0]:
        return None
    if along > bases[-1]:  # downstream of the transcript: counted on along the genome
        index = len(bases) - 1 + along - bases[-1]
    elif along in place:
        index = place[along]
    else:
        before = max(base for base in bases if base < along)
        after = min(base for base in bases if base > along)
        near = before if along - before <= after - along else after
        index, offset = place[near], f"{along - near:+d}"
    if index > last:
        return f"c.*{index - last}{offset}"
    return f"c.{index - first + 1 if index >= first else index - first}{offset}"


def coding_notation(snp, exons: pd.DataFrame) -> str | None:
    """As transcript:c. of the gene's coding transcript that the SNP lies closest to the end of; None where there is none."""
    of_gene = exons[(exons.gene_id == snp.gene_id) & exons.coding_end.notna()]
    sign = 1 if snp.strand == "+" else -1
    ref, alt = (base if sign == 1 else base.translate(COMPLEMENT) for base in (snp.ref, snp.alt))
    found = []
    for name, rows in of_gene.groupby("transcript_id"):
        position = coding(rows, snp.strand, snp.pos)
        end = rows.end.max() if sign == 1 else rows.start.min() + 1
        if position is not None:
            found.append((abs(end - snp.pos), f"{name}:{position}{ref}>{alt}"))
    return min(found)[1] if found else None


def test_four_notations_one_answer(assembly, snps, tmp_path):
    notations = [
        [
            f"20:{snp.pos}:{snp.ref}:{snp.alt}",
            f"chr20-{snp.pos}-{snp.ref}-{snp.alt}",
            f"NC_000020.10:g.{snp.pos}{snp.ref}>{snp.alt}",
            coding_notation(snp, assembly.sites.exons),
        ]
        for snp in snps.itertuples()
    ]
    assert len(notations) == 48
    # Every gene has a coding transcript that begins upstream of its SNP.
    assert [typed for typed in notations if None in typed] == []
    alleles = [(text, assembly.reader.read(text)) for typed in notations for text in typed]
    answers = answer(alleles, assembly)
    by_text: dict[str, list[dict]] = {}
    for each in answers:
        by_text.setdefault(each.pop("asked"), []).append(each)
    for snp, typed in zip(snps.itertuples(), notations, strict=True):
        first, *others = (by_text[text] for text in typed)
        assert others == [first] * 3
        assert {tuple(each[name] for name in ALLELE) for each in first} == {("20", snp.pos, snp.ref, snp.alt)}
    # What a run writes of them: the functions of its rules, from a VCF.
    written = find_effects(
        write_alleles(snps, tmp_path / "snps.vcf.gz"), assembly.genome, assembly.sites, assembly.engine
    )
    for name, least in (("scores", 15), ("new_sites", 5)):
        rows = [row for typed in notations for each in by_text[typed[3]] for row in each.get(name, [])]
        key = ["pos", "gene_id", "site_id"]
        numbers = ["logodds_narrow_ref", "logodds_narrow_alt", "delta_logodds_narrow", "logodds_ref", "delta_usage"]
        assert len(rows) >= least
        assert sorted(records(pd.DataFrame(rows), *key, *numbers)) == sorted(
            records(getattr(written, name), *key, *numbers)
        )
