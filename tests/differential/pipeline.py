"""A case as files, and the tables that pasvar's functions make of them, called as the workflow's scripts call them."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pysam

from differential.cases import MAX_ALLELE_LENGTH, Case, Record
from pasvar.cohort import write_haplotypes
from pasvar.config import fill_sites
from pasvar.effects import (
    add_genotypes,
    compute_gene_effects,
    compute_haplotype_effects,
    find_new_sites,
    large_alone,
    score_alleles,
    score_sites,
    set_effects,
    uncounted_genes,
    write_people,
)
from pasvar.genome import Genome, contig_table
from pasvar.scoring import joint_windows, reference_windows, score_alternates, score_windows
from pasvar.sites import make_sites, site_calibration_of
from pasvar.tables import ALLELE, empty_frame, read_table, to_arrow
from pasvar.variants import EVERYTHING, make_scan, plan_shards, read_shard, shard_of

MIN_EFFECT = 0.2231
MADE_BY = {"model": "differential", "model_sha256": "0" * 64}
_SITES = {
    "biotypes": [],
    "extension": 200,
    "min_atlas_usage": 0.0,
    "min_canonical_share": 0.0,
}
"""Where the sites' settings are not the defaults of the configuration."""

_LIMITS = SimpleNamespace(
    min_effect=MIN_EFFECT, merge_distance=24, extension=200, new_sites={"mode": "hexamers", "introns": False}
)


class FakeNetwork:
    """Scores that are sums over the bases of a window, in 64ths: exact in whatever order they are added."""

    def __init__(self, weights: list[list[dict[str, int]]]):
        bases = np.array([[[position[base] for base in "ACGT"] + [0] for position in score] for score in weights])
        self._weights = bases.reshape(2, 205 * 5).T.astype(np.float32) / 64

    def scores(self, windows, done=lambda n: None):
        done(len(windows))
        sums = np.eye(5, dtype=np.float32)[windows].reshape(len(windows), 205 * 5) @ self._weights
        # Of the other scores nothing but a likeliest cut is needed.
        return np.column_stack(
            [sums, np.zeros(len(sums)), np.full((len(sums), 1), 95), np.ones((len(sums), 1)), np.full(len(sums), 95)]
        )


def run(case: Case, folder: Path, min_genotype_effect: float = 0) -> dict[str, pd.DataFrame]:
    """The tables of a case: sites and windows, and of all shards together what `_shard` makes.

    min_genotype_effect: the config key.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fasta, gtf = _write_genome(case, folder), _write_gtf(case, folder)
    vcfs = [_write_vcf(case, number, folder) for number in range(len(case.files))]
    engine = FakeNetwork(case.weights)
    with Genome(fasta, folder) as genome:
        made = make_sites(gtf, genome, fill_sites(_SITES | {"atlas": _write_atlases(case, folder)}))
        catalogue = to_arrow(made.catalogue, "catalogue").to_pandas()
        windows = reference_windows(catalogue, genome)
        of_windows = to_arrow(windows.join(score_windows(engine, windows.window)), "window_scores").to_pandas()
        sites = score_sites(catalogue, of_windows, made.exons, 0.001, MADE_BY["model_sha256"])
        plan = plan_shards(catalogue, contig_table(genome), case.n_shards, MAX_ALLELE_LENGTH + 1500)
        parts = [
            _shard(
                *(
                    case,
                    folder / str(number),
                    vcfs,
                    plan,
                    number,
                    genome,
                    made.exons,
                    catalogue,
                    windows,
                    sites,
                    engine,
                ),
                of_windows if min_genotype_effect else None,
                min_genotype_effect,
            )
            for number in range(1, case.n_shards + 1)
        ]
    tables = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    return tables | {"sites": sites, "windows": windows}


def _shard(
    case, folder, vcfs, plan, number, genome, exons, catalogue, windows, sites, engine, of_windows, least
) -> dict[str, pd.DataFrame]:
    folder.mkdir()
    found = read_shard(
        vcfs,
        shard_of(plan, number),
        windows,
        catalogue,
        genome,
        MAX_ALLELE_LENGTH,
        unknown_contigs=number == case.n_shards,
        scan=make_scan(exons, _LIMITS.extension, **_LIMITS.new_sites),
        filters=EVERYTHING,
    )
    names = (
        "people",
        "carriers",
        "site_haplotypes",
        "sample_haplotypes",
        "haplotype_counts",
        "samples",
        "gene_carriers",
    )
    paths = {name: folder / f"{name}.parquet" for name in names}
    # The reference knows no structural changes: to it they are too long.
    statuses = found.ledger.status.replace("structural", "too_long")
    found = found._replace(ledger=found.ledger.assign(status=statuses))
    ledger = to_arrow(found.ledger, "ledger")
    chosen = None
    if of_windows is not None:
        none = empty_frame("site_haplotypes"), empty_frame("candidates")
        chosen = large_alone(score_alternates(engine, found.alleles, *none).allele_scores, of_windows, least)
    write_haplotypes(found.alleles, found.candidates, windows, vcfs, genome, paths, ledger, chosen=chosen)
    read = {name: read_table(paths[name], name) for name in names[:3]}
    haplotypes = joint_windows(read["site_haplotypes"])
    alleles, candidates = found.alleles, found.candidates
    scores = score_alternates(engine, alleles, haplotypes, candidates)
    allele_scores, haplotype_scores, candidate_scores = (
        to_arrow(table, name).to_pandas() for name, table in scores._asdict().items()
    )
    allele_scores["percentile"] = np.nan
    scored = add_genotypes(score_alleles(alleles, allele_scores, windows, sites, MADE_BY), read["carriers"])
    new = find_new_sites(candidates, candidate_scores, sites, exons, _LIMITS, site_calibration_of(None))
    sets = set_effects(read["site_haplotypes"], haplotype_scores, allele_scores, sites)
    people = read["people"]["sample"].to_list()
    uncounted = uncounted_genes(scored, MIN_EFFECT) if people else ()
    write_people(paths["sample_haplotypes"], sets, sites, people, MIN_EFFECT, paths, MADE_BY, uncounted)
    tables = {
        "ledger": found.ledger,
        "scores": scored,
        "haplotypes": compute_haplotype_effects(sets, sites, windows, MIN_EFFECT),
        "gene_effects": compute_gene_effects(scored, sites, empty_frame("tissue_usage"), 0.001, 0.05),
        "new_sites": add_genotypes(new, read["carriers"]),
    }
    frames = {name: to_arrow(table, name).to_pandas() for name, table in tables.items()}
    rivals = alleles[[*ALLELE, "site_id", "rival_hexamer_start"]]
    kept = {name: read_table(paths[name], name) for name in ("people", "haplotype_counts", "samples", "gene_carriers")}
    counts = {name: getattr(found, name) for name in ("gene_counts", "unscored_changes", "vcf_counts")}
    return frames | {"rivals": rivals} | kept | counts


def _write_genome(case: Case, folder: Path) -> Path:
    path = folder / "genome.fa"
    path.write_text("".join(f">{contig}\n{text}\n" for contig, text in case.genome.items()))
    return path


def _write_gtf(case: Case, folder: Path) -> Path:
    lines = []
    for number, t in enumerate(case.transcripts):
        names = f'gene_id "{t.gene}"; transcript_id "T{number}"; gene_name "{t.gene}"; gene_biotype "protein_coding";'
        for feature, start, end in (
            ("transcript", t.start, t.end),
            ("exon", t.start, t.end),
            ("CDS", t.coding_start, t.coding_end),
        ):
            lines.append(f"{t.contig}\tx\t{feature}\t{start + 1}\t{end}\t.\t{t.strand}\t.\t{names}\n")
    path = folder / "genes.gtf"
    path.write_text("".join(lines))
    return path


def _write_atlases(case: Case, folder: Path) -> list[dict]:
    described = []
    for number, points in enumerate(case.atlases):
        if points:
            path = folder / f"atlas{number}.bed"
            rows = (f"{contig}\t{cut}\t{cut + 1}\t.\t{reads}\t{strand}\n" for contig, cut, strand, reads in points)
            path.write_text("".join(rows))
            described.append({"path": str(path), "name": f"atlas{number}", "format": "bed"})
    return described


def _write_vcf(case: Case, number: int, folder: Path) -> Path:
    people = case.people[number]
    lines = [
        "##fileformat=VCFv4.3",
        *(f"##contig=<ID={case.vcf_prefix}{contig}>" for contig in case.genome),
        '##ALT=<ID=DEL,Description="Deletion">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        '##FORMAT=<ID=PS,Number=1,Type=Integer,Description="Phase set">',
        '##FORMAT=<ID=DS,Number=A,Type=Float,Description="Dosage">',
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *people]),
        *(_line(case.vcf_prefix, record, people) for record in case.files[number]),
    ]
    path = folder / f"{number}.vcf.gz"
    with pysam.BGZFile(str(path), "w") as file:
        file.write(("\n".join(lines) + "\n").encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)
    return path


def _line(prefix: str, record: Record, people: list[str]) -> str:
    fixed = [f"{prefix}{record.contig}", str(record.pos), record.name, record.ref, ",".join(record.alts), ".", ".", "."]
    if record.calls is None:
        return "\t".join([*fixed, "DS", *["."] * len(people)])
    calls = [call if ":" in (call := record.calls[person]) else f"{call}:." for person in people]
    return "\t".join([*fixed, "GT:PS", *calls])
