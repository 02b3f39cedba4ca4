"""PolyA_DB 3.2 on chr22:36-42 Mb (GRCh38), and a curated table of hexamers of chr20 (GRCh37)."""

import pandas as pd
import pytest

from pasvar.config import fill_sites
from pasvar.genome import Genome
from pasvar.sites import make_sites


def test_the_sites_of_polya_db_keep_their_cuts_and_genes(chr22, genome_chr22, polya_db_chr22):
    """Every site of the catalogue that has evidence of the atlas has a cut of it; 89 are 1 to 10 kb beyond their gene's end."""
    settings = fill_sites({"atlas": str(polya_db_chr22), "extension": 1000})
    found = make_sites(chr22 / "gencode.v24.chr22_36-42Mb.gtf.gz", genome_chr22, settings)
    named = pd.read_csv(polya_db_chr22, sep="\t").GeneID.str.split(";", expand=True)
    cuts = set(zip(named[4].astype(int), named[5], strict=True))
    measured = found.catalogue[found.catalogue.source.str.contains("saf")]
    assert len(measured.drop_duplicates("site_id")) >= 1046
    assert set(zip(measured.cut_pos, measured.strand, strict=True)) <= cuts
    assert any("1054 of 1074 sites with a gene of the annotation" in note for note in found.notes)
    assert any("89 of them for the name alone" in note for note in found.notes)


@pytest.fixture
def curated(chr20) -> pd.DataFrame:
    columns = ["chrom", "start", "end", "site", "gene", "strand", "hexamer"]
    table = pd.read_csv(chr20 / "polyasite2_predominant_hexamers.chr20.bed", sep="\t", names=columns)
    return table.assign(cut_pos=table.site.str.split(":").str[1].astype(int))


def test_hexamers_agree_with_a_curated_table(chr20, curated, tmp_path):
    """At least .86 of the rows whose gene has sites, with the table's own cuts as an atlas."""
    rows = curated.assign(cut=curated.cut_pos - 1, score=0)[["chrom", "cut", "cut_pos", "gene", "score", "strand"]]
    rows.to_csv(tmp_path / "cuts.bed", sep="\t", header=False, index=False)
    settings = fill_sites({"atlas": [{"path": str(tmp_path / "cuts.bed"), "columns": {"gene": 4}}]})
    with Genome(chr20 / "chr20.fa") as genome:
        catalogue = make_sites(chr20 / "Homo_sapiens.GRCh37.75.protein_coding.chr20.gtf.gz", genome, settings).catalogue
    hexamers = set(zip(catalogue.gene_name, catalogue.hexamer_start, strict=True))
    known = curated[curated.gene.isin(catalogue.gene_name)]
    agree = [place in hexamers for place in zip(known.gene, known.start, strict=True)]
    assert len(known) >= 416
    assert sum(agree) / len(known) >= 0.86
