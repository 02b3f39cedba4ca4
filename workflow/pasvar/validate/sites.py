"""Which sites are found, and how far their confidence can be believed: the measured part of docs/sites.md."""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pasvar.config import fill_sites
from pasvar.constants import HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH
from pasvar.genome import Genome, assign_genes
from pasvar.model import BUNDLED
from pasvar.paths import ROOT
from pasvar.scoring import score_windows
from pasvar.sequence import decode, encode, reverse_complement
from pasvar.sites import (
    CALIBRATION,
    PREDICTED,
    PredictionRules,
    find_hexamer,
    judge_sites,
    make_sites,
    prediction_rules,
    propose_sites,
    read_atlas,
    site_calibration_of,
)
from pasvar.validate.inputs import Inputs
from pasvar.validate.measured_sites import (
    CHR20,
    CHR22,
    HEXAMER_TO_CUT,
    POLYA_DB,
    Region,
    has_cut,
    is_real_end,
    is_real_hexamer,
    read_region,
)
from pasvar.validate.page import markdown
from pasvar.variants import make_scan, trim

_RELEASED = "aparent2"
_BINS = (0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1)
_LEAST = (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
_CANONICAL = ("AATAAA", "ATTAAA")


def measure(inputs: Inputs) -> str:
    """Markdown of all tables."""
    parts = [
        ("### How the confidence is fitted", _fits()),
        ("### Recall and precision by confidence", _by_confidence(inputs)),
        ("### Known SNPs in polyadenylation signals", _known_snps(inputs)),
        ("### Atlases and hexamers", _atlases(inputs)),
        ("### What it costs", _cost(inputs)),
    ]
    return "\n\n".join(f"{title}\n\n{text}" for title, text in parts)


def catalogue_of(inputs: Inputs, region: Region, network: str) -> pd.DataFrame:
    """The catalogue of a region by the default settings."""
    chroms, calibration = region.known.chrom.unique(), site_calibration_of(inputs.checkpoints[network].digest)
    return judge_sites(region.known, region.proposed, region.exons, chroms, _rules(), calibration).catalogue


def _rules() -> PredictionRules:
    return prediction_rules(fill_sites({}))


def _fits() -> str:
    """The regressions of `calibration.json`."""
    fits = json.loads(CALIBRATION.read_text())
    rows = {
        **{f"{kind}, {name}": fit[kind] for name, fit in fits["networks"].items() for kind in ("predicted", "gtf")},
        "gtf, no or another network": fits["gtf"],
    }
    terms = list(dict.fromkeys(name for fit in rows.values() for name in fit["coefficients"]))
    values = pd.DataFrame({key: pd.Series(fit["coefficients"]) for key, fit in rows.items()}).reindex(terms)
    coefficients = values.map(lambda value: f"{value:.2f}", na_action="ignore").fillna("").reset_index(names="term")
    quality = pd.DataFrame(
        {
            "regression": list(rows),
            "sites": [fit["n_sites"] for fit in rows.values()],
            "real": [fit["n_real"] for fit in rows.values()],
            "log loss": [f"{fit['cross_validated']['log_loss']:.3f}" for fit in rows.values()],
            "of the share alone": [f"{fit['cross_validated']['log_loss_of_the_share']:.3f}" for fit in rows.values()],
            "AUC": [f"{fit['cross_validated']['auc']:.3f}" for fit in rows.values()],
        }
    )
    return (
        f"logit P = intercept + sum of coefficient x term. Real: {fits['real']}. Sites: {fits['sites']}. "
        f"A site of an atlas has {fits['atlas']['probability']:.2f} ({fits['atlas']['source']}).\n\n"
        f"{markdown(coefficients)}\n\nOn genes left out of the fit (ten folds):\n\n{markdown(quality)}"
    )


def _by_confidence(inputs: Inputs) -> str:
    """GENCODE 24 against PolyA_DB 3.2."""
    parts = []
    for network in inputs.checkpoints:
        region = read_region(inputs, CHR22, network, _rules())
        sites = catalogue_of(inputs, region, network).drop_duplicates("site_id")
        real = np.where(
            sites.source == PREDICTED, is_real_hexamer(sites, region.cuts), is_real_end(sites, region.cuts, 24)
        )
        sites = sites.assign(real=real)
        parts.append(
            f"`{network}`, GENCODE 24 alone on chr22:36-42 Mb, {len(sites)} sites; real is what PolyA_DB 3.2 has.\n\n"
            f"{markdown(_reliability(sites))}\n\n{markdown(_recall(sites, region))}"
        )
    return "\n\n".join(parts)


def _reliability(sites: pd.DataFrame) -> pd.DataFrame:
    """Of the sites with a confidence in each bin: how many, their mean confidence, and which share is real."""
    bins = pd.cut(sites.confidence, _BINS)
    rows = []
    for interval, there in sites.groupby(bins, observed=True):
        row: dict[str, object] = {"confidence": f"{interval.left:g} to {interval.right:g}"}
        for name, part in (
            ("annotated", there[there.source != PREDICTED]),
            ("predicted", there[there.source == PREDICTED]),
        ):
            row[f"{name} sites"] = len(part)
            row[f"{name}: mean confidence"] = f"{part.confidence.mean():.2f}" if len(part) else ""
            row[f"{name}: share real"] = f"{part.real.mean():.2f}" if len(part) else ""
        rows.append(row)
    return pd.DataFrame(rows)


def _recall(sites: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Precision, and recall of the measured cuts in 3' UTRs and up to 5 kb downstream, by the least confidence."""
    places = assign_genes(region.cuts, region.exons, 5000)
    near = (
        places[places.site_class.isin(["3utr", "extended"])]
        .sort_values(["point", "site_class"])
        .drop_duplicates("point")
    )
    measured = region.cuts.iloc[near.point].assign(position=lambda cuts: cuts.cut)
    hexamers = _real_utr_hexamers(region)
    rows = []
    for least in (*_LEAST, None):
        kept = sites[sites.source != PREDICTED] if least is None else sites[sites.confidence >= least]
        found = has_cut(measured, kept.assign(cut=kept.cut_pos - 1), -23, 23)
        at_hexamer = has_cut(hexamers, kept.assign(cut=kept.cut_pos - 1), *HEXAMER_TO_CUT)
        by_class = pd.Series(found).groupby(near.site_class.to_numpy()).mean()
        rows.append(
            {
                "least confidence": "annotated ends alone" if least is None else f"{least:g}",
                "sites": len(kept),
                "precision": f"{kept.real.mean():.2f}",
                f"recall of {len(hexamers)} AATAAA or ATTAAA with a cut, in 3' UTRs": f"{at_hexamer.mean():.2f}",
                f"recall of {(near.site_class == '3utr').sum()} cuts in 3' UTRs": f"{by_class['3utr']:.2f}",
                f"recall of {(near.site_class == 'extended').sum()} cuts downstream": f"{by_class['extended']:.2f}",
            }
        )
    return pd.DataFrame(rows)


def _real_utr_hexamers(region: Region) -> pd.DataFrame:
    """The AATAAA and ATTAAA in annotated 3' UTRs after which a cut was measured: chrom, strand, position of the first base."""
    places = region.proposed[region.proposed.hexamer_tier.isin([0, 1])].reset_index(drop=True)
    places["position"] = places.hexamer_start.where(places.strand == "+", places.hexamer_start + HEXAMER_LENGTH - 1)
    genes = assign_genes(places.assign(cut=places.position)[["chrom", "strand", "cut"]], region.exons, 0)
    in_utr = places.index.isin(genes.point[genes.site_class == "3utr"])
    real = has_cut(places, region.cuts, *HEXAMER_TO_CUT)
    return places[in_utr & real].drop_duplicates(["chrom", "strand", "position"])


def _known_snps(inputs: Inputs) -> str:
    """48 SNPs of GRCh37 chromosome 20: where each is scored, for the GTF alone and with an atlas."""
    snps = pd.read_csv(inputs.path("data/measured/pas_snps.chr20.tsv"), sep="\t", dtype={"chrom": str})
    folder = inputs.path(CHR20)
    atlas = [str(folder / "polyasite2_predominant.chr20.bed")]
    cases = {
        f"Ensembl 75, {_RELEASED}": (_RELEASED, {}),
        f"Ensembl 75 and PolyASite 2.0, {_RELEASED}": (_RELEASED, {"atlas": atlas}),
        f"Ensembl 75, {BUNDLED}": (BUNDLED, {}),
    }
    found = {}
    with tempfile.TemporaryDirectory() as index, Genome(folder / "chr20.fa", index) as genome:
        for name, (network, config) in cases.items():
            region = read_region(inputs, CHR20, network, _rules(), **config)
            catalogue = catalogue_of(inputs, region, network)
            found[name] = pd.Series(list(_where_scored(snps, catalogue, region.exons, genome)), index=snps.index)
    outcomes = (
        "at the hexamer of a site",
        "makes a hexamer: new_sites",
        "in the window of the site, but not in its hexamer",
    )
    table = pd.DataFrame(found).apply(lambda column: column.value_counts()).reindex(outcomes).fillna(0).astype(int)
    table.loc["together"] = table.sum()
    missed = found[f"Ensembl 75, {_RELEASED}"][lambda column: ~column.isin(outcomes)]
    reasons = [f"- {snps.gene_name[i]} {snps.pos[i]}: {reason}" for i, reason in missed.items()]
    header = f"{len(snps)} SNPs on GRCh37 chromosome 20, known to break or make a signal in use, by how their gene is scored:"
    return (
        f"{header}\n\n{markdown(table.reset_index(names='scored'))}\n\nMissed with Ensembl 75 alone:\n\n"
        + "\n".join(reasons)
    )


def _where_scored(snps: pd.DataFrame, sites: pd.DataFrame, exons: pd.DataFrame, genome: Genome) -> Iterator[str]:
    """For each SNP how it is scored for its gene, or why it is not."""
    settings = fill_sites({})
    scan = make_scan(exons, settings["extension"], "hexamers", introns=False)
    for snp in snps.itertuples():
        own = sites[sites.gene_id == snp.gene_id]
        at_hexamer = own[(own.hexamer_start < snp.pos) & (snp.pos <= own.hexamer_end)]
        in_window = own[(own.window_start < snp.pos) & (snp.pos <= own.window_end)]
        around = genome.slice(snp.chrom, snp.pos - 1000, snp.pos + 1000)
        edit = trim(snp.pos - 1, snp.ref, snp.alt)
        made = scan.candidates(snp.chrom, [edit], sites, around)
        made = made[(made.strand == snp.strand) & made.hexamer_alt.isin(_CANONICAL)]
        if len(at_hexamer):
            yield "at the hexamer of a site"
        elif len(made):
            yield "makes a hexamer: new_sites"
        elif (in_window.cut_pos - snp.cut_pos).abs().lt(24).any():
            yield "in the window of the site, but not in its hexamer"
        else:
            yield _reason(snp, exons, around, settings["extension"])


def _reason(snp, exons: pd.DataFrame, around, extension: int) -> str:
    """Why a SNP has no row."""
    texts = {}
    for allele in (snp.ref, snp.alt):
        codes = np.concatenate(
            [around.between(snp.pos - 6, snp.pos - 1), encode(allele), around.between(snp.pos, snp.pos + 5)]
        )
        texts[allele] = decode(codes if snp.strand == "+" else reverse_complement(codes))
    if not any(hexamer in text for text in texts.values() for hexamer in _CANONICAL):
        return "neither allele of the table has AATAAA or ATTAAA there; a third one makes the hexamer"
    gene = exons[exons.gene_id == snp.gene_id]
    beyond = snp.pos - 1 - gene.end.max() if snp.strand == "+" else gene.start.min() - snp.pos
    if beyond > extension:
        return f"{beyond / 1000:.1f} kb past the gene's last annotated end"
    place = assign_genes(
        pd.DataFrame({"chrom": [snp.chrom], "strand": [snp.strand], "cut": [snp.pos - 1]}), exons, extension
    )
    own = place[place.gene_id == snp.gene_id]
    if own.empty:
        return "in another gene, or nearer to another gene's end"
    places = {"exon": "in a coding exon, which is not scanned", "intron": "in an intron, which is not scanned"}
    return places.get(
        own.site_class.iloc[0], "its place is another site's, or its confidence is below `min_confidence`"
    )


def _atlases(inputs: Inputs) -> str:
    """Cuts of the SAF, and hexamers of the curated table."""
    with tempfile.TemporaryDirectory() as index:
        folder = inputs.path(CHR22)
        with Genome(folder / "chr22_36-42Mb.fa.gz", index) as genome:
            cuts = read_atlas({"path": str(folder / POLYA_DB)}, genome).sites.cut.sort_values()
        table = pd.read_csv(folder / POLYA_DB, sep="\t")
        expected = (table.GeneID.str.split(";").str[4].astype(np.int64) - 1).sort_values()
        n_exact = sum(found == named for found, named in zip(cuts, expected, strict=True))
        folder = inputs.path(CHR20)
        with Genome(folder / "chr20.fa", index) as genome:
            agree, total = _hexamer_agreement(folder, genome)
    return (
        f"Cuts of the PolyA_DB 3.2 SAF that are read exactly: {n_exact} of {len(expected)}.\n\n"
        "Predominant sites of PolyASite 2.0 whose curated hexamer is the one that the tier rule finds from the curated table's "
        f"cut: {agree} of {total} ({agree / total:.3f})."
    )


def _hexamer_agreement(folder: Path, genome: Genome) -> tuple[int, int]:
    """In how many rows of the curated table the tier rule finds the hexamer that it names, and the number of rows."""
    table = pd.read_csv(folder / "polyasite2_predominant_hexamers.chr20.bed", sep="\t", header=None, dtype={0: str})
    agree = 0
    for chrom, start, _, name, _, strand, *_ in table.iloc[:, [0, 1, 2, 3, 4, 5]].itertuples(index=False, name=None):
        cut = int(name.split(":")[1]) - 1
        reach = HEXAMER_SEARCH_LENGTH + 5
        codes = genome.slice(chrom, cut - reach, cut + reach + 1).codes
        text = decode(codes if strand == "+" else reverse_complement(codes))
        offset = find_hexamer(text[5 : 5 + HEXAMER_SEARCH_LENGTH + 5]).offset
        agree += start == (cut + offset if strand == "+" else cut - offset - 5)
    return agree, len(table)


def _cost(inputs: Inputs) -> str:
    """The bundled example: sites added, and seconds on this machine's CPU."""
    example = ROOT / "resources" / "example"
    settings = fill_sites({})
    rules: PredictionRules = prediction_rules(settings)
    rows = []
    for network, engine in inputs.engines.items():
        with tempfile.TemporaryDirectory() as index, Genome(example / "chr20_1-4Mb.fa.gz", index) as genome:
            known = make_sites(example / "chr20_1-4Mb.gtf.gz", genome, settings)
            begin = time.perf_counter()
            proposed = propose_sites(known.catalogue, known.exons, genome, rules)
            scored = proposed.join(score_windows(engine, proposed.window))
            calibration = site_calibration_of(inputs.checkpoints[network].digest)
            found = judge_sites(known.catalogue, scored, known.exons, genome.lengths, rules, calibration).catalogue
            seconds = time.perf_counter() - begin
        predicted = found[found.source == PREDICTED]
        rows.append(
            {
                "network": network,
                "annotated sites": (found.source != PREDICTED).sum(),
                "windows scored": len(proposed),
                "predicted sites": len(predicted),
                "of them in usage": predicted.in_usage.sum(),
                "seconds": f"{seconds:.1f}",
            }
        )
    return f"The bundled example, on CPUs:\n\n{markdown(pd.DataFrame(rows))}"
