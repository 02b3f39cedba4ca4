"""Joins runs with one configuration over different people into the tables of a run over all of them. No genotype is
read.

The `results` of each run are needed: the tables, `provenance.json`, and in `merge/` the counts that are in no other
table. The output is, byte for byte, that of a run whose config key `vcf` names the files of the first run, then those
of the second, and so on.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pandas as pd
import pyarrow as pa

import pasvar
from pasvar.citations import CITATIONS
from pasvar.effects import summarise_genes, uncounted_genes
from pasvar.errors import InputError
from pasvar.files import file_sha256, require_file, whole
from pasvar.run.merge_alleles import (
    Places,
    aligned_pieces,
    hashed_changes,
    join_alleles,
    join_ledgers,
    tables_with_alleles,
)
from pasvar.run.merge_people import Form, HaplotypeCounts, gene_order, join_haplotypes, join_samples, names_in
from pasvar.run.provenance import commit
from pasvar.tables import (
    TABLES,
    gather,
    min_cell_of,
    open_table,
    read_arrow,
    read_made_by,
    read_table,
    table_writer,
    write_batches,
    write_table,
    write_text,
)

COUNTS = ("haplotype_counts", "unscored_changes", "gene_carriers", "people_digests")
"""Tables of `merge/`."""

_SAME = ("reference/contigs.parquet", "sites.parquet", "sites/tissue_usage.parquet", "sites/exons.parquet")
"""Files that are the same in all runs."""

_KEYS = {"fasta_sha256": "the reference (`fasta`)", "gtf_sha256": "`gtf`", "model_sha256": "the network"}
_OF_A_COHORT = "vcf_sha256"


def people_digests(people: Sequence[str]) -> pd.DataFrame:
    """Table `people_digests`: names can be compared, and not read."""
    return pd.DataFrame(
        {"sample_sha256": sorted(hashlib.sha256(name.encode()).hexdigest() for name in people)}, dtype="str"
    )


class _Run:
    """The results of a run."""

    def __init__(self, given: str | Path):
        folder = Path(given)
        self.folder = folder / "results" if (folder / "results").is_dir() else folder
        for name in ("scores", "haplotypes", "genes", "ledger"):
            require_file(self.table(name), "table of a finished run")
        require_file(self.counts("people_digests"), "table of a finished run of this version of pasvar")
        self.about = read_made_by(self.table("scores"))
        record = require_file(self.folder / "provenance.json", "record of a finished run")
        try:
            self.record = json.loads(record.read_text(encoding="utf-8"))
            self.vcfs = [
                (Path(about["path"]).name, about.get("sha256") or about["sampled_digest"])
                for name, about in self.record["inputs"].items()
                if name.startswith("vcf/")
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{record}: is not the record of a run ({error})") from error
        self.settings = json.loads(self.about["settings"])
        self.people = {*read_table(self.counts("people_digests"), "people_digests").sample_sha256}

    def table(self, name: str) -> Path:
        return self.folder / TABLES[name].file

    def counts(self, name: str) -> Path:
        return self.folder / "merge" / f"{name}.parquet"

    @property
    def has_samples(self) -> bool:
        return self.table("samples").is_file()


def merge_runs(folders: Sequence[str | Path], out: str | Path) -> list[str]:
    """Write the joined tables into `results` of a new folder; returns notes that say what was done.

    folders: of finished runs, or their `results`, in the order in which they are joined. Raises InputError, before
    anything is written, if they cannot be joined.
    """
    runs = [_Run(folder) for folder in folders]
    results = Path(out) / "results"
    if results.exists():
        raise InputError(f"{results}: exists already; give --out a new folder")
    _check(runs)
    Path(out).mkdir(parents=True, exist_ok=True)
    with whole(results) as temporary:
        temporary.mkdir()
        for name in _SAME:
            if (runs[0].folder / name).is_file():
                (temporary / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(runs[0].folder / name, temporary / name)
        merged = _Merge(runs, temporary)
        merged.write()
        _write_record(runs, temporary)
    return [f"{sum(len(run.people) for run in runs)} people of {len(runs)} runs: {results}", *merged.said]


def _check(runs: Sequence[_Run]) -> None:
    if len(runs) < 2:
        raise InputError("give at least two runs to merge")
    first = runs[0]
    for run in runs:
        for key in ("min_af", "max_af"):
            if run.settings.get(key) not in (None, 0, 1):
                raise InputError(
                    f"{run.folder}: config key `{key}` chose alleles by their frequency in a part of the people; run without it, "
                    "merge, and select by column `af`"
                )
        if min_cell_of(run.about) is not None:
            raise InputError(
                f"{run.folder}: config key `min_cell` has hidden counts that would have to be added; run without it"
            )
        if not run.people:
            raise InputError(f"{run.folder}: it has no genotypes; only runs of different people can be merged")
        if run.has_samples != first.has_samples:
            without = first if run.has_samples else run
            raise InputError(f"{without.table('samples')}: no such file; give it to all runs or to none")
    for run in runs[1:]:
        _check_same(first, run)
    for one, other in combinations(runs, 2):
        if both := one.people & other.people:
            raise InputError(
                f"{len(both)} people of {other.folder} are also in {one.folder}; each must be in only one run"
            )


def _check_same(first: _Run, run: _Run) -> None:
    """Raise InputError, one line, if two runs have different configurations, references or networks."""
    ours, theirs = first.about, run.about
    for key in (*_KEYS, *sorted(ours.keys() | theirs.keys())):
        if key in (_OF_A_COHORT, "settings", "settings_sha256") or ours.get(key) == theirs.get(key):
            continue
        what = _KEYS.get(key, f"`{key.removesuffix('_sha256')}`")
        raise InputError(
            f"{run.folder}: {what} is not that of {first.folder} ({str(theirs.get(key))[:60]}, not {str(ours.get(key))[:60]}); "
            "runs that are merged must differ only in their people"
        )
    for key in sorted(first.settings.keys() | run.settings.keys()):
        if first.settings.get(key) != run.settings.get(key):
            raise InputError(
                f"{run.folder}: config key `{key}` is {json.dumps(run.settings.get(key))}, in {first.folder} it is "
                f"{json.dumps(first.settings.get(key))}; runs that are merged must differ only in their people"
            )
    ledgers = [of.record["config"].get("ledger") for of in (first, run)]
    if ledgers[0] != ledgers[1]:
        raise InputError(
            f"{run.folder}: config key `ledger` is {ledgers[1]}, in {first.folder} it is {ledgers[0]} (`auto` decides by the "
            "files' size); give both the same, and run again"
        )
    for name in _SAME[:2]:
        if file_sha256(first.folder / name) != file_sha256(run.folder / name):
            raise InputError(f"{run.folder / name}: is not that of {first.folder}; run both with one version of pasvar")
    if read_made_by(first.table("known")) != read_made_by(run.table("known")):
        raise InputError(
            f"{run.folder}: the files of config key `known` are not those of {first.folder}; give both the same"
        )


def _vcf_names(runs: Sequence[_Run]) -> dict[str, str]:
    """The digests of all cohort files, by the names that a run over all of them gives them."""
    named: dict[str, str] = {}
    number = 0
    for run in runs:
        for name, digest in run.vcfs:
            number += 1
            named[f"{number}.{name}" if name in named else name] = digest
    return named


class _Merge:
    """The tables of several runs, while they are joined into a folder `results`."""

    def __init__(self, runs: Sequence[_Run], results: Path):
        self._runs, self._results = runs, results
        self._places = Places(read_table(runs[0].folder / _SAME[0], "contigs").chrom.to_list())
        self._sites = read_table(runs[0].table("sites"), "sites")
        vcfs = " ".join(f"{name}={digest}" for name, digest in sorted(_vcf_names(runs).items()))
        self._about = {key: value for key, value in runs[0].about.items() if key != "pasvar_version"}
        self._about |= {_OF_A_COHORT: vcfs}
        self._counts = [read_table(run.counts("haplotype_counts"), "haplotype_counts") for run in runs]
        self._forms: dict[str, Form] = {}
        self._last_pos: dict[str, int] = {}
        self._scored: list[pd.DataFrame] = []
        self._uncounted: set[str] = set()
        self.said: list[str] = []

    def _out(self, name: str) -> Path:
        return self._results / TABLES[name].file

    def write(self) -> None:
        """All tables."""
        for name in tables_with_alleles():
            about = read_made_by(self._runs[0].table(name)) if name == "known" else self._about
            about.pop("pasvar_version", None)
            with table_writer(self._out(name), name, about) as write:
                for piece in aligned_pieces([run.table(name) for run in self._runs], name, self._places):
                    rows = join_alleles(piece, name, self._places)
                    if name == "scores":
                        self._look_at(rows)
                    write(rows)
        self._write_ledger()
        counts = HaplotypeCounts(self._counts, self._forms, self._places)
        haplotypes = join_haplotypes(
            [read_arrow(run.table("haplotypes"), "haplotypes") for run in self._runs], counts, self._sites
        )
        write_batches(self._out("haplotypes"), [haplotypes], "haplotypes", self._about)
        if self._runs[0].has_samples:
            genes = gene_order(counts.carried, self._last_pos, self._sites, self._places)
            samples = join_samples([run.table("samples") for run in self._runs], genes)
            write_batches(self._out("samples"), samples, "samples", self._about)
        self._write_genes()
        self._write_counts()

    def _write_counts(self) -> None:
        """`merge/`, so that the joined run can be joined with further runs. Rows that belong together are added up when
        they are read."""
        for name in COUNTS:
            gather([run.counts(name) for run in self._runs], name, self._results / "merge" / f"{name}.parquet")

    def _look_at(self, scores: pa.Table) -> None:
        """Keep the rows of a piece of the joined scores that the other tables need."""
        wanted = names_in(self._counts)
        columns = ["chrom", "pos", "ref", "alt", "norm_pos", "norm_ref", "norm_alt", "gene_id", "site_id"]
        frame = scores.select([*columns, "delta_logodds_narrow", "n_carriers"]).to_pandas()
        self._scored.append(hashed_changes(frame))
        self._uncounted |= uncounted_genes(frame, self._runs[0].settings["min_effect"])
        for site, pos in frame.groupby("site_id").pos.max().items():
            self._last_pos[str(site)] = max(int(pos), self._last_pos.get(str(site), 0))
        for row in frame.drop_duplicates(columns[:4]).itertuples():
            if (name := f"{row.chrom}:{row.pos}:{row.ref}:{row.alt}") in wanted:
                self._forms[name] = row.chrom, row.norm_pos, row.norm_ref, row.norm_alt

    def _write_ledger(self) -> None:
        ledgers = [run.table("ledger") for run in self._runs]
        about = read_made_by(ledgers[0])
        about = {key: value for key, value in about.items() if key != "pasvar_version"} | {
            _OF_A_COHORT: self._about[_OF_A_COHORT]
        }
        n_of: dict[str, int] = {}
        with table_writer(self._out("ledger"), "ledger", about) as write:
            for piece in aligned_pieces(ledgers, "ledger", self._places):
                rows = join_ledgers(piece, self._places)
                write(rows)
                for status, n in rows["status"].to_pandas().value_counts().items():
                    n_of[str(status)] = n_of.get(str(status), 0) + int(n)
        totals = [pd.read_csv(run.folder / "ledger.tsv", sep="\t", index_col="status").n_alleles for run in self._runs]
        total = pd.Series(0, index=totals[0].index, dtype="int64")
        for status, n in n_of.items():
            total[status] = n
        total["not_read"] += sum(int(each["not_read"]) for each in totals)
        with whole(self._results / "ledger.tsv") as temporary:
            total.rename_axis("status").rename("n_alleles").reset_index().to_csv(temporary, sep="\t", index=False)
        files = [(run.folder / "ledger_files.tsv").read_text().splitlines(keepends=True) for run in self._runs]
        with whole(self._results / "ledger_files.tsv") as temporary:
            temporary.write_text("".join([files[0][0], *(line for lines in files for line in lines[1:])]))
        self.said.append(
            f"{int(total.sum())} alleles, of which {n_of.get('duplicate', 0)} stand in more than one file or record"
        )

    def _write_genes(self) -> None:
        scored = pd.concat(self._scored).drop_duplicates()
        unscored = (
            hashed_changes(read_table(run.counts("unscored_changes"), "unscored_changes")) for run in self._runs
        )
        every = pd.concat([scored, *unscored]).drop_duplicates()
        counts = pd.DataFrame(
            {"n_alleles": every.groupby("gene_id").size(), "n_scored": scored.groupby("gene_id").size()}
        ).fillna(0)
        carriers = pd.concat([read_table(run.counts("gene_carriers"), "gene_carriers") for run in self._runs])
        counted = carriers.groupby("gene_id").counted.sum().astype("Int32")
        counted = counted.reindex(counted.index.union(sorted(self._uncounted)), fill_value=0)
        counted[counted.index.isin(self._uncounted)] = pd.NA
        genes = summarise_genes(
            self._sites,
            _row_groups(self._out("gene_effects")),
            counts.astype("int64").reset_index(),
            counted.rename("carriers").reset_index(),
            sum(len(run.people) for run in self._runs),
            self._runs[0].settings["min_effect"],
            read_table(self._out("known"), "known"),
        )
        write_table(self._out("genes"), genes, "genes", self._about)
        write_text(self._results / "genes.tsv", genes, "genes")


def _row_groups(path: Path) -> Iterator[pa.Table]:
    with ExitStack() as stack:
        file = stack.enter_context(open_table(path, "gene_effects"))
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)


def _write_record(runs: Sequence[_Run], results: Path) -> None:
    """`provenance.json`: as for a run, but with the merged runs in place of the jobs."""
    files = sorted(path for path in results.rglob("*") if path.is_file())
    inputs = {name: about for name, about in runs[0].record["inputs"].items() if not name.startswith("vcf/")}
    number = 0
    vcfs: list[str] = []
    for run in runs:
        for name, about in run.record["inputs"].items():
            if name.startswith("vcf/"):
                number += 1
                plain = f"vcf/{Path(about['path']).name}"
                inputs[f"vcf/{number}.{plain[4:]}" if plain in inputs else plain] = about
                vcfs.append(about["path"])
    record = {
        "pasvar_version": pasvar.__version__,
        **commit(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": {**runs[0].record["config"], "vcf": vcfs},
        "model": runs[0].record["model"],
        "inputs": inputs,
        "results": {
            path.relative_to(results).as_posix(): {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
            for path in files
        },
        "merged": [_told(run) for run in runs],
        "citations": CITATIONS,
    }
    with whole(results / "provenance.json") as temporary:
        temporary.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def _told(run: _Run) -> Mapping[str, object]:
    return {
        "results": str(run.folder),
        "provenance_sha256": file_sha256(run.folder / "provenance.json"),
        "people": len(run.people),
        "finished": run.record.get("finished"),
    }
