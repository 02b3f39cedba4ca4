"""The variants that share a haplotype in a site's window, read record by record. `site_haplotypes` computes the result
for each site.

Only scored alleles are used, each as the person's own record spells it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tqdm import tqdm

from pasvar.cohort.genotypes import Calls, Cohort, read_calls
from pasvar.cohort.site_haplotypes import UNKNOWN, JointWindow, SiteHaplotypes, Tally
from pasvar.constants import WINDOW_LENGTH
from pasvar.genome import Genome
from pasvar.progress import no_progress
from pasvar.tables import ALLELE, GENOTYPES, TABLES, empty_frame, table_writer, to_arrow, write_table
from pasvar.variants import EVERYTHING, MAX_SHIFT, Edit, Filters, haplotype_window, lost_record, trim

_MANY = 100_000
"""Number of rows of table `sample_haplotypes` that are written at once."""


class ShardHaplotypes:
    """Reads, once and record by record, the variants that the people of a cohort carry in the windows of one shard.

    alleles: table `alleles` of the shard. windows: table `windows`. counted: rows with further alleles, which lie in no
    window and whose carriers are also counted. chosen: rows with the only alleles of `alleles` that are used (default:
    all).
    """

    def __init__(
        self,
        alleles: pd.DataFrame,
        windows: pd.DataFrame,
        cohort: Cohort,
        genome: Genome,
        counted: pd.DataFrame | None = None,
        chosen: pd.DataFrame | None = None,
    ):
        self._cohort, self._genome = cohort, genome
        alleles = alleles.reset_index(drop=True)
        self._windows = {site.site_id: site for site in windows[windows.site_id.isin(alleles.site_id)].itertuples()}
        self._site_ids = alleles.site_id.to_list()
        self._names = alleles[ALLELE]
        self._last_pos = alleles.groupby("site_id").pos.max().to_dict()
        self._edits = [spelled_edit(row.pos - 1, row.ref.upper(), row.alt.upper()) for row in alleles.itertuples()]
        read = alleles[is_among(alleles, chosen)]
        self._wanted = _by_position(pd.concat([read[ALLELE], *([] if counted is None else [counted[ALLELE]])]))
        self._counts = {key: np.zeros(3, dtype=np.int64) for key in self._wanted.itertuples(index=False, name=None)}
        self._rows: dict[tuple, list[int]] = {key: [] for key in self._counts}
        # Numbers in the order of the sites, from 0 in each.
        changes = alleles.groupby(["site_id", "norm_pos", "norm_ref", "norm_alt"]).ngroup()
        self._changes = (changes - changes.groupby(alleles.site_id).transform("min")).to_list()
        for row in read.itertuples():
            # With a spelling that begins so far before its change, an allele may be in another shard than its window.
            if row.norm_ref != row.norm_alt and self._edits[row.Index].start - (row.pos - 1) <= MAX_SHIFT:
                self._rows[row.chrom, row.pos, row.ref, row.alt].append(row.Index)
        self._found: set[tuple] = set()
        self._counted: set[tuple] = set()
        self._tallies: list[tuple[str, bool, Tally]] = []
        self.n_without_genotypes: Counter[Path] = Counter()

    def read(
        self, filters: Filters = EVERYTHING, progress: Callable[..., tqdm] = no_progress
    ) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """Rows of tables `site_haplotypes` and `sample_haplotypes`, some sites at a time; afterwards `carriers` has its
        rows.

        Memory holds the people's haplotypes in the windows around the current record, and up to `_MANY` rows.
        """
        closed: list[tuple[str, list[tuple], np.ndarray]] = []
        n_rows = 0
        for site in self._sites(filters, progress):
            closed.append(site)
            n_rows += len(site[2])
            if n_rows > _MANY:
                yield _frames(closed)
                closed, n_rows = [], 0
        if closed:
            yield _frames(closed)

    def _sites(self, filters: Filters, progress: Callable[..., tqdm]) -> Iterator[tuple[str, list[tuple], np.ndarray]]:
        """(site, its rows of either table), as soon as all records that touch it are read."""
        opened: dict[str, SiteHaplotypes] = {}
        with progress(total=len(self._counts), unit="alleles") as bar:
            for calls in read_calls(self._wanted, self._cohort, self._genome.names, filters):
                yield from self._close(opened, *next(iter(calls.key.values()))[:2])
                self._count(calls)
                for site_id, rows in self._rows_by_site(calls).items():
                    site = opened.setdefault(site_id, SiteHaplotypes(len(self._cohort.people), self._changes))
                    site.add(calls, rows)
                bar.update(len(calls.key))
        yield from self._close(opened)

    def carriers(self) -> pd.DataFrame:
        """Table `carriers`, of all records read so far; without counts for an allele of records without genotypes."""
        rows = [(*key, *(counts if key in self._counted else [pd.NA] * 3)) for key, counts in self._counts.items()]
        carriers = pd.DataFrame(rows, columns=empty_frame("carriers").columns)
        return carriers.astype(dict.fromkeys(GENOTYPES, "Int32"))

    def haplotype_counts(self) -> pd.DataFrame:
        """Table `haplotype_counts`, of all records read so far."""
        rows = np.unique([row for *_, tally in self._tallies for row in tally.variants]).astype(np.int64)
        spelled = self._names.iloc[rows].itertuples(index=False)
        names = {row: ":".join(map(str, allele)) for row, allele in zip(rows.tolist(), spelled, strict=True)}
        return pd.DataFrame(
            [
                (site, is_carried, [names[row] for row in variants], *rest)
                for site, is_carried, (variants, *rest) in self._tallies
            ],
            columns=TABLES["haplotype_counts"].schema.names,
        )

    def check_found(self, ledger: pa.Table) -> None:
        """Raise InputError if an allele of table `ledger` (of the shard) was not found again in its file, after
        `read`."""
        paths = {path.name: path for path in self._cohort.paths}
        near = pc.and_(pc.is_in(ledger["pos"], pa.array(self._wanted.pos)), pc.not_equal(ledger["status"], "filtered"))
        columns = ledger.filter(near).select([*ALLELE, "vcf"]).to_pydict().values()
        for *key, name in zip(*columns, strict=True):
            if name in paths and tuple(key) in self._counts and (name, *key) not in self._found:
                raise lost_record(paths[name], *key)

    def _close(
        self, opened: dict[str, SiteHaplotypes], chrom: str | None = None, pos: int = 0
    ) -> Iterator[tuple[str, list[tuple], np.ndarray]]:
        """The rows of the sites that no later record touches, in the order of `_order`; of all remaining sites if no
        position is given."""
        closing = [
            site_id for site_id in opened if self._windows[site_id].chrom != chrom or self._last_pos[site_id] < pos
        ]
        for site_id in sorted(closing, key=self._order):
            site = opened.pop(site_id)
            is_carried = bool(site.haplotypes.any())
            if is_carried:
                yield site_id, *site.rows(self._joint_windows(site_id))
            else:
                n_called = int((site.called > 0).sum())
                site.tallies = [Tally((), True, None, n_called, int(site.called.sum()))]
            self._tallies += [(site_id, is_carried, tally) for tally in site.tallies]

    def _order(self, site_id: str) -> tuple[int, int, str]:
        """Sort key of the sites of one contig: by the last of their alleles, then by the sites themselves, independent
        of the carriers."""
        return self._last_pos[site_id], self._windows[site_id].window_start, site_id

    def _count(self, calls: Calls) -> None:
        path = self._cohort.paths[calls.file]
        self._found.update((path.name, *key) for key in calls.key.values())
        if not calls.has_genotypes:
            self.n_without_genotypes[path] += len(calls.key)
            return
        self._counted.update(calls.key.values())
        for number, key in calls.key.items():
            person, _ = calls.copies[number]
            self._counts[key] += len(np.unique(person)), len(person), calls.n_called[number]

    def _rows_by_site(self, calls: Calls) -> dict[str, dict[int, int]]:
        """By site, the row of each allele of a record that touches the site, by the allele's number."""
        found: dict[str, dict[int, int]] = {}
        for number, key in calls.key.items():
            for row in self._rows[key]:
                found.setdefault(self._site_ids[row], {})[number] = row
        return found

    def _joint_windows(self, site_id: str) -> JointWindow:
        """Makes the window of a set of variants of a site."""
        site = self._windows[site_id]

        def window(variants: tuple[int, ...]) -> tuple[np.ndarray, str] | None:
            edits = [self._edits[row] for row in variants]
            around = WINDOW_LENGTH + sum(max(len(edit.alt), edit.end - edit.start) for edit in edits)
            low = min(site.window_start, *(edit.start for edit in edits)) - around
            high = max(site.window_end, *(edit.end for edit in edits)) + around
            stretch = self._genome.slice(site.chrom, low, high)
            return haplotype_window(stretch, edits, site.window_start, site.strand)

        return window


def spelled_edit(start: int, ref: str, alt: str) -> Edit:
    """The edit of a VCF allele (start = POS - 1) at the position that its record gives.

    The base before an indel is its anchor and stays (VCF specification): AA>A removes the second A. Of the bases that
    REF and ALT share after the anchor, those at the end are removed first, as in `trim`.
    """
    anchor = int(len(ref) != len(alt) and ref[0] == alt[0])
    return trim(start + anchor, ref[anchor:], alt[anchor:])


def is_among(alleles: pd.DataFrame, chosen: pd.DataFrame | None) -> np.ndarray:
    """Whether each allele is one of `chosen`; where that is None, all are."""
    if chosen is None:
        return np.ones(len(alleles), dtype=bool)
    keys = set(chosen[ALLELE].itertuples(index=False, name=None))
    return np.array([key in keys for key in alleles[ALLELE].itertuples(index=False, name=None)], dtype=bool)


def _by_position(alleles: pd.DataFrame) -> pd.DataFrame:
    """Distinct alleles by position, contigs in the order in which they appear."""
    contig = alleles.chrom.map({chrom: i for i, chrom in enumerate(alleles.chrom.unique())})
    return alleles.assign(contig=contig).sort_values(["contig", "pos"], kind="stable")[ALLELE].drop_duplicates()


def write_haplotypes(
    alleles: pd.DataFrame,
    counted: pd.DataFrame,
    windows: pd.DataFrame,
    vcfs: Sequence[str | Path],
    genome: Genome,
    paths: Mapping[str, str | Path],
    ledger: pa.Table,
    filters: Filters = EVERYTHING,
    progress: Callable[..., tqdm] = no_progress,
    chosen: pd.DataFrame | None = None,
) -> list[str]:
    """Read one shard's genotypes into tables `people`, `carriers`, `site_haplotypes`, `sample_haplotypes` and, if
    `paths` has it, `haplotype_counts`; returns notes that say what was found.

    alleles, ledger: these tables of the shard. counted: rows with further alleles whose carriers are counted. windows:
    table `windows`. paths: of each table. Without genotypes the tables are empty. chosen: rows with the only alleles of
    `alleles` whose genotypes are read (default: all).
    Raises InputError if genotypes cannot be read, or if an allele of a file with people is not found again.
    """
    cohort = Cohort(vcfs)
    shard = ShardHaplotypes(alleles, windows, cohort, genome, counted, chosen)
    seen: Counter[str] = Counter()
    with ExitStack() as stack:
        write = {
            name: stack.enter_context(table_writer(paths[name], name))
            for name in ("site_haplotypes", "sample_haplotypes")
        }
        for sets, carried in shard.read(filters, progress) if cohort.people else ():
            write["site_haplotypes"](to_arrow(sets, "site_haplotypes"))
            write["sample_haplotypes"](to_arrow(carried, "sample_haplotypes"))
            seen.update(_say(sets, carried))
        shard.check_found(ledger)
    write_table(paths["people"], pd.DataFrame({"sample": cohort.people}, dtype="str"), "people")
    write_table(paths["carriers"], shard.carriers() if cohort.people else empty_frame("carriers"), "carriers")
    if "haplotype_counts" in paths:
        write_table(paths["haplotype_counts"], shard.haplotype_counts(), "haplotype_counts")
    without = [
        f"{path}: {n} alleles stand in records without GT (or LGT and LAA): their carriers and counts are unknown (null)"
        for path, n in shard.n_without_genotypes.items()
    ]
    found = (
        f"{len(cohort.people)} people; {seen['sites']} sites with a variant; {seen['joint']} sets of variants share a haplotype, "
        f"{seen['impossible']} more contradict one another; of {seen['people']} pairs of person and site, {seen['unphased']} "
        "have variants of unknown phase, which stay single"
    )
    return [found, *without]


def _frames(sites: list[tuple[str, list[tuple], np.ndarray]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of sites as frames of tables `site_haplotypes` and `sample_haplotypes`."""
    schema = TABLES["site_haplotypes"].schema.names
    sets = pd.DataFrame([(site_id, *row) for site_id, rows, _ in sites for row in rows], columns=schema)
    columns = TABLES["sample_haplotypes"].schema.names
    carried = pd.DataFrame(np.concatenate([rows for _, _, rows in sites]), columns=columns[1:])
    carried["mixed_ploidy"] = carried.mixed_ploidy.astype(bool)
    carried["site_id"] = np.repeat([site_id for site_id, _, _ in sites], [len(rows) for _, _, rows in sites])
    return sets.astype(dict.fromkeys(["n_carriers", "haplotype_count"], "Int32")), carried


def _say(sets: pd.DataFrame, carried: pd.DataFrame) -> dict[str, int]:
    """Counts of some sites."""
    together = sets.alleles.str.len() > 1
    people = carried.drop_duplicates(["site_id", "person"]).phase_set
    return {
        "sites": sets.site_id.nunique(),
        "joint": int((together & sets.window_alt.notna()).sum()),
        "impossible": int((together & sets.window_alt.isna()).sum()),
        "people": len(people),
        "unphased": int((people == UNKNOWN).sum()),
    }
