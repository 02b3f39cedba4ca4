"""The table of all possible substitutions, joined from the scores of the shards: as parquet, and as text with an
index."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pysam
from pyarrow import csv
from tqdm import tqdm

from pasvar import __version__
from pasvar.constants import WINDOW_LENGTH
from pasvar.effects.allele_effects import add_genes
from pasvar.effects.calibration import effect_calibration_of
from pasvar.effects.context import References
from pasvar.effects.percentiles import EffectSizes
from pasvar.errors import InputError
from pasvar.files import TBI_END, whole
from pasvar.progress import no_progress
from pasvar.sequence import encode, on_strand
from pasvar.tables import TABLES, read_pieces, to_arrow, write_batches
from pasvar.variants import region_of


def gather_saturation(
    shards: Sequence[str | Path],
    windows: pd.DataFrame,
    sites: pd.DataFrame,
    out: str | Path,
    text: str | Path,
    made_by: Mapping[str, str],
    progress: Callable[..., tqdm] = no_progress,
    index_suffix: str | None = None,
) -> int:
    """Write table `saturation` to `out` and, bgzipped and with an index, to `text`; returns the number of rows.

    index_suffix: .tbi or .csi (default: .tbi, or .csi if a position is larger than a .tbi allows). Raises InputError if
    the index cannot hold the positions.

    shards: files of the table `saturation_scores`, in the order of the genome. windows, sites: the tables of these
    names. Neither file depends on the division into shards. Memory holds at most one row group.
    """
    effects = (piece for shard in shards for piece in read_pieces(shard, "saturation_scores", EffectSizes.COLUMNS))
    sizes = EffectSizes(sites.drop_duplicates("site_id"), effects)
    describe = _Describer(References(windows, sites, effect_calibration_of(made_by)), windows, sites, sizes)
    n_rows = 0

    def tables() -> Iterator[pa.Table]:
        nonlocal n_rows
        with progress(total=describe.sizes.n_substitutions, unit="substitutions") as bar:
            for piece in (piece for shard in shards for piece in read_pieces(shard, "saturation_scores")):
                table = describe(piece)
                n_rows += table.num_rows
                bar.update(len(piece))
                yield table

    needed = ".csi" if windows.window_end.max() > TBI_END else ".tbi"
    if (needed, index_suffix) == (".csi", ".tbi"):
        raise InputError(
            "a .tbi index ends at 2^29, and sites lie behind it: give the VCFs a .csi index (bcftools index)"
        )
    suffix = index_suffix or needed
    write_batches(out, _also_as_text(text, tables(), "saturation", made_by, suffix), "saturation", dict(made_by))
    return n_rows


class _Describer:
    """Converts rows of table `saturation_scores` to rows of table `saturation`."""

    def __init__(self, references: References, windows: pd.DataFrame, sites: pd.DataFrame, sizes: EffectSizes):
        self._references = references
        self._minus = (windows.strand == "-").to_numpy()
        self._sites, self.sizes = sites, sizes
        # A base's region depends only on the position of the cut: (cut, index) -> region.
        cuts = range(WINDOW_LENGTH)
        self._region = np.array([[region_of(i, i, cut) for i in range(WINDOW_LENGTH)] for cut in cuts], dtype=object)

    def __call__(self, scored: pd.DataFrame) -> pa.Table:
        row = self._references.row_of(scored.site_id)
        index = scored.window_index.to_numpy()
        codes = self._references.codes[row]
        codes[np.arange(len(codes)), index] = on_strand(encode("".join(scored.alt)), self._minus[row])
        alleles = scored.assign(
            region=self._region[self._references.cut_index[row], index], window_last=index, anchor="hexamer"
        )
        compared = self._references.compare(alleles, codes)
        compared["percentile"] = self.sizes.percentile(scored)
        return to_arrow(add_genes(compared, self._sites), "saturation")


def _also_as_text(
    path: str | Path, tables: Iterable[pa.Table], name: str, made_by: Mapping[str, str], index_suffix: str
) -> Iterator[pa.Table]:
    """Pass the tables on and write them to `path`, tab-separated, for tabix. The file appears when the last table has
    passed.

    Lines with ## say what made the file, as in a VCF; the line with # has the columns. Numbers have as many digits as
    are needed to restore the float32; nulls are empty.
    """
    options = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    for other in {".tbi", ".csi"} - {index_suffix}:
        Path(f"{path}{other}").unlink(missing_ok=True)
    with whole(f"{path}{index_suffix}") as index, whole(path) as temporary:
        temporary.touch()  # raises OSError if it cannot be made; htslib would crash
        with pysam.BGZFile(str(temporary), "w", None) as file:
            for key, value in sorted({"pasvar_version": __version__, **made_by}.items()):
                file.write(f"##pasvar_{key.removeprefix('pasvar_')}={value}\n".encode())
            file.write(("#" + "\t".join(TABLES[name].schema.names) + "\n").encode())
            for table in tables:
                lines = pa.BufferOutputStream()
                csv.write_csv(table, lines, options)
                file.write(lines.getvalue().to_pybytes())
                yield table
        pysam.tabix_index(
            str(temporary),
            force=True,
            index=str(index),
            csi=index_suffix == ".csi",
            seq_col=0,
            start_col=1,
            end_col=1,
            meta_char="#",
        )
