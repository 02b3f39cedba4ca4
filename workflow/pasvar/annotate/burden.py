"""Gene burden tests: the alleles of each gene by class of impact and direction, for REGENIE and SAIGE-GENE+.

A class is `<direction>_<size>`, for example `shortening_high`. Formats: REGENIE's documentation of gene-based tests (annotation,
set list and mask files) and what its source makes of them (src/Geno.cpp), SAIGE's of its group file and R/SAIGE_SPATest_Region.R.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pasvar.contigs import shorten
from pasvar.counts import plural
from pasvar.errors import InputError
from pasvar.files import whole

SIZES = {"high": 0.2, "moderate": 0.05, "low": 0.01}
"""Least expected impact (share of the gene's 3' ends) of each size; alleles below the last one are left out."""

BURDEN_COLUMNS = ["chrom", "pos", "ref", "alt", "id", "gene_id", "gene_name", "direction", "expected_impact"]
"""What is read of table `gene_effects`."""


_CHROMOSOME = re.compile(r"\d+|X|Y")
"""What regenie takes for a chromosome, without `chr`; of another one it stops, and of `1_random` it reads chromosome 1."""


def burden_alleles(effects: pd.DataFrame, ids: str = "alleles") -> pd.DataFrame:
    """One row per gene and allele with an expected impact of at least the least of `SIZES`: gene_id, chrom (without `chr`), pos,
    name, annotation; genes in the order of their first allele.

    effects: the `BURDEN_COLUMNS` of table `gene_effects`, by position. ids: how the genotypes call an allele: `alleles` for
    chrom:pos:ref:alt, `vcf` for the ID of the record (chrom:pos:ref:alt where it has none).
    Raises InputError where two alleles of a gene have one name, or a name has a blank or a comma.
    """
    size = np.select([effects.expected_impact >= least for least in SIZES.values()], list(SIZES), "")
    rows = effects[size != ""].assign(size=size[size != ""])
    chrom = rows.chrom.astype(str).str.replace("^chr", "", regex=True)
    name = rows.chrom.astype(str) + ":" + rows.pos.astype(str) + ":" + rows.ref + ":" + rows.alt
    if ids == "vcf":
        name = rows.id.where(rows.id.notna() & (rows.id != "."), name)
    odd = name.str.contains(r"[\s,]", regex=True)
    if odd.any():
        raise InputError(
            f"variant ID {name[odd].iloc[0]!r} contains a space or a comma, which programs for burden tests cannot read"
        )
    twice = pd.DataFrame({"gene": rows.gene_id, "name": name}).duplicated()
    if twice.any():
        raise InputError(
            f"two alleles of gene {rows.gene_id[twice].iloc[0]} are called {name[twice].iloc[0]}; use --ids alleles"
        )
    found = pd.DataFrame(
        {
            "gene_id": rows.gene_id,
            "chrom": chrom,
            "pos": rows.pos,
            "name": name,
            "annotation": rows.direction.fillna("none") + "_" + rows["size"],
        }
    )
    first = pd.Series(range(len(found)), index=found.index).groupby(found.gene_id).transform("min")
    order = np.lexsort([found.pos.to_numpy(), first.to_numpy()])
    return found.iloc[order].reset_index(drop=True)


def masks(annotations: Sequence[str]) -> dict[str, list[str]]:
    """The masks of a test, each with its annotations: by least size, of all directions together and of each."""
    directions = sorted({annotation.rsplit("_", 1)[0] for annotation in annotations})
    found: dict[str, list[str]] = {}
    for number, size in enumerate(SIZES, start=1):
        sizes = list(SIZES)[:number]
        for name, chosen in (("any", directions), *((direction, [direction]) for direction in directions)):
            members = [f"{direction}_{each}" for direction in chosen for each in sizes]
            found[f"{name}_{size}"] = [member for member in members if member in set(annotations)]
    return {name: members for name, members in found.items() if members}


def on_chromosomes(alleles: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The alleles on chromosomes that regenie knows, and what to tell the user of the others (nothing where there are none)."""
    known = alleles.chrom.str.fullmatch(_CHROMOSOME)
    others = alleles[~known]
    if others.empty:
        return alleles, ""
    said = f"left out of regenie's files, which know chromosomes 1, 2, ... X and Y alone: {plural(len(others), 'allele')} of"
    return alleles[known], f"{said} {plural(others.gene_id.nunique(), 'gene')} ({shorten(others.chrom.unique())})"


def write_regenie(alleles: pd.DataFrame, prefix: str | Path) -> list[Path]:
    """Write `<prefix>.annotations.txt`, `<prefix>.sets.txt` and `<prefix>.masks.txt` for regenie's --anno-file, --set-list and
    --mask-def. alleles: of `burden_alleles`, on chromosomes that regenie knows (`on_chromosomes`)."""
    paths = [Path(f"{prefix}.{name}.txt") for name in ("annotations", "sets", "masks")]
    texts = [
        "".join(f"{row.name} {row.gene_id} {row.annotation}\n" for row in alleles.itertuples(index=False)),
        "".join(
            f"{gene} {rows.chrom.iloc[0]} {rows.pos.iloc[0]} {','.join(rows['name'])}\n"
            for gene, rows in alleles.groupby("gene_id", sort=False)
        ),
        "".join(f"{name} {','.join(members)}\n" for name, members in masks(alleles.annotation.unique()).items()),
    ]
    for path, text in zip(paths, texts, strict=True):
        with whole(path) as temporary:
            temporary.write_text(text)
    return paths


def saige_masks(alleles: pd.DataFrame) -> str:
    """The masks as SAIGE-GENE+ takes them (--annotation_in_groupTest): annotations joined by `;`, masks by commas."""
    return ",".join(dict.fromkeys(";".join(members) for members in masks(alleles.annotation.unique()).values()))


def write_saige(alleles: pd.DataFrame, path: str | Path) -> None:
    """Write the group file of SAIGE-GENE+ (--groupFile): two lines per gene. alleles: of `burden_alleles`."""
    with whole(path) as temporary, temporary.open("w") as file:
        for gene, rows in alleles.groupby("gene_id", sort=False):
            file.write(f"{gene} var {' '.join(rows['name'])}\n")
            file.write(f"{gene} anno {' '.join(rows.annotation)}\n")
