"""Cohorts that are no VCF: PLINK 2 (.pgen), PLINK 1 (.bed), BGEN and VCF Zarr, and which files belong to one.

Only the standard library is imported: the configuration is checked with it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pasvar.errors import InputError

COMPANIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ".pgen": ((".pvar", ".pvar.zst"), (".psam",)),
    ".bed": ((".bim",), (".fam",)),
    ".bgen": ((), (".sample",)),
    ".vcz": ((), ()),
    ".zarr": ((), ()),
}
"""By the suffix of the file of genotypes: the suffixes of its file of variants and of its file of people, which have its name."""

CONVERTED = "results/inputs/genotypes"
"""Where the VCFs are that are made of such files, in the working directory."""


class GenotypeFiles(NamedTuple):
    """Paths of one cohort's files. variants, samples: empty where the format keeps them in `genotypes`."""

    genotypes: str
    variants: str = ""
    samples: str = ""

    @property
    def kind(self) -> str:
        """The suffix that names the format, a key of `COMPANIONS`."""
        return Path(self.genotypes.removesuffix(".zip")).suffix

    @property
    def converted(self) -> str:
        """The VCF that is made of them."""
        return f"{CONVERTED}/{Path(self.genotypes.removesuffix('.zip')).stem}.vcf.gz"


def find_genotype_files(given: str | Mapping[str, str], directory: Path) -> GenotypeFiles | None:
    """The files that an entry of config key `vcf` stands for; None where it is the path of a VCF.

    given: the path of a file of genotypes, whose companions have its name, or a mapping that names each.
    Raises InputError where one is not there, or where a mapping's genotypes are of no known format.
    """
    named = {"genotypes": given} if isinstance(given, str) else dict(given)
    found = GenotypeFiles(**named)
    if found.kind not in COMPANIONS:
        if isinstance(given, str):
            return None
        raise InputError(
            f"config key `vcf`: {found.genotypes} has genotypes in no format that is known by its name; expected "
            f"{', '.join(COMPANIONS)}"
        )
    suffixes = dict(zip(("variants", "samples"), COMPANIONS[found.kind], strict=True))
    found = found._replace(
        **{key: getattr(found, key) or _companion(found.genotypes, suffixes[key], directory) for key in suffixes}
    )
    for key, path in found._asdict().items():
        if path and not (directory / path).exists():
            raise InputError(f"config key `vcf`: no such file: {path} ({key} of {found.genotypes})")
    return found


def _companion(genotypes: str, suffixes: tuple[str, ...], directory: Path) -> str:
    """The file of the same name with one of these suffixes; the first of them where there is none. A .sample may be missing: a
    BGEN can name its people itself."""
    paths = [str(Path(genotypes).with_suffix(suffix)) for suffix in suffixes]
    there = [path for path in paths if (directory / path).exists()]
    if there or suffixes in ((), (".sample",)):
        return there[0] if there else ""
    return paths[0]
