"""Regions of the genome whose cleavage sites a laboratory has measured, as the checks of the sites read them."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.config import fill_sites
from pasvar.genome import Genome
from pasvar.scoring import score_windows
from pasvar.sites import PredictionRules, make_sites, propose_sites
from pasvar.validate.inputs import Inputs

CHR22 = "data/grch38_chr22_36-42Mb"
"""GENCODE 24, and PolyA_DB 3.2 as SAF."""
CHR20 = "data/grch37_chr20"
"""Ensembl 75, and the predominant sites of PolyASite 2.0."""

_FILES = {
    CHR22: ("chr22_36-42Mb.fa.gz", "gencode.v24.chr22_36-42Mb.gtf.gz"),
    CHR20: ("chr20.fa", "Homo_sapiens.GRCh37.75.protein_coding.chr20.gtf.gz"),
}

POLYA_DB = "polyadb32.chr22_36-42Mb.saf"

HEXAMER_TO_CUT = (7, 45)
"""A hexamer is real where a cut was measured this many nt after its first base."""

ANY_HEXAMER = PredictionRules(
    predicted_sites={"mode": "hexamers", "worst_tier": 3},
    extension=5000,
    merge_distance=24,
    a_rich="keep",
    min_confidence=0.0,
    min_usage_confidence=0.0,
)
"""Everything that config keys can ask for, so that a calibration holds for all of it."""


class Region(NamedTuple):
    """known, exons: tables `catalogue` (without predicted sites) and `exons`. proposed: table `proposed_sites` with the scores of
    its windows. cuts: chrom, strand, cut (0-based) of the measured sites."""

    known: pd.DataFrame
    exons: pd.DataFrame
    proposed: pd.DataFrame
    cuts: pd.DataFrame


def read_region(
    inputs: Inputs, name: str, network: str, rules: PredictionRules = ANY_HEXAMER, **config: object
) -> Region:
    """The region `name` (`CHR22`, `CHR20`), its hexamers scored by the network of this name. rules: which hexamers are proposed.
    config: keys of the sites."""
    folder = inputs.path(name)
    fasta, gtf = (folder / file for file in _FILES[name])
    with tempfile.TemporaryDirectory() as index, Genome(fasta, index) as genome:
        sites = make_sites(gtf, genome, fill_sites(config))
        proposed = propose_sites(sites.catalogue, sites.exons, genome, rules)
    scored = proposed.join(score_windows(inputs.engines[network], proposed.window))
    return Region(sites.catalogue, sites.exons, scored, _CUTS[name](folder))


def _polya_db(folder: Path) -> pd.DataFrame:
    table = pd.read_csv(folder / POLYA_DB, sep="\t")
    named = table.GeneID.str.split(";", expand=True)
    return pd.DataFrame({"chrom": named[3], "strand": named[5], "cut": named[4].astype(np.int64) - 1})


def _polyasite(folder: Path) -> pd.DataFrame:
    table = pd.read_csv(folder / "polyasite2_predominant.chr20.bed", sep="\t", header=None, dtype={0: str})
    return pd.DataFrame({"chrom": table[0], "strand": table[5], "cut": (table[2] - 1).where(table[5] == "+", table[1])})


_CUTS = {CHR22: _polya_db, CHR20: _polyasite}


def has_cut(places: pd.DataFrame, cuts: pd.DataFrame, low: int, high: int) -> np.ndarray:
    """(n,) whether a measured cut lies `low` to `high` nt downstream of n places: chrom, strand, position (0-based)."""
    found = np.zeros(len(places), dtype=bool)
    of_strand = dict(list(cuts.groupby(["chrom", "strand"]).cut))
    for (chrom, strand), rows in places.groupby(["chrom", "strand"]).indices.items():
        if (chrom, strand) in of_strand:
            sign = 1 if strand == "+" else -1
            measured = np.sort(of_strand[chrom, strand].to_numpy() * sign)
            at = places.position.to_numpy()[rows] * sign
            found[rows] = np.searchsorted(measured, at + low) < np.searchsorted(measured, at + high, side="right")
    return found


def is_real_end(sites: pd.DataFrame, cuts: pd.DataFrame, merge_distance: int) -> np.ndarray:
    """(n,) whether a cut was measured so close to that of n sites (of table `catalogue`) that the two are one site."""
    return has_cut(sites.assign(position=sites.cut_pos - 1), cuts, 1 - merge_distance, merge_distance - 1)


def is_real_hexamer(sites: pd.DataFrame, cuts: pd.DataFrame) -> np.ndarray:
    """(n,) whether a cut was measured where the hexamer of n sites (of table `catalogue`) would place it."""
    first = sites.hexamer_start.where(sites.strand == "+", sites.hexamer_end - 1)
    return has_cut(sites.assign(position=first), cuts, *HEXAMER_TO_CUT)
