"""The content of the pages: genes, variants and counts, as plain rows for the templates. No files, no HTML, no
drawing."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pasvar.constants import HEXAMER_INDEX, WINDOW_LENGTH
from pasvar.effects import give_verdict, leading_effects
from pasvar.report import words
from pasvar.report.run_tables import Run
from pasvar.sequence import encode, on_strand
from pasvar.tables import DIRECTIONS, FLAGS, Facts, describe_known

ALLELE = ["chrom", "pos", "ref", "alt"]
PAIR = [*ALLELE, "gene_id", "site_id"]

MAX_ROWS = 25
MAX_NEW_SITES = 100
MAX_HAPLOTYPES = 100
MAX_GENE_ROWS = 200
MAX_GENE_EFFECTS = 60
"""Number of rows of a table in the overview and in a gene's page. With them the pages stay below 600 and 400 kB. The
overview's two large tables show all rows from the scripts of `listing` in the same folder."""

VIEWER = "viewer.html"
"""The page in the folder of genes that shows any gene."""

SURE_SITE, LIKELY_SITE = 0.8, 0.5
"""Limits of the confidence classes by which sites are counted."""

CONFIDENCE = ("sure", "likely", "doubtful", "unknown")
"""Names of these classes; the last one is for sites with unknown confidence."""

REGIONS = {
    "upstream": "upstream of the hexamer",
    "hexamer": "in the hexamer",
    "hexamer_to_cut": "from hexamer to cut",
    "downstream": "downstream of the cut",
}
TIERS = {
    0: "AATAAA",
    1: "ATTAAA",
    2: "AGTAAA, TATAAA, CATAAA, GATAAA",
    3: "one other mismatch",
    4: "two mismatches",
    -1: "none found",
}
SITE_CLASSES = {
    "3utr": f"3{words.PRIME} UTR",
    "tandem_3utr": f"tandem 3{words.PRIME} UTR",
    "alternative_last_exon": "alternative last exon",
    "extended": "downstream of the gene",
    "cds": "coding part, incomplete",
    "noncoding": "noncoding transcript",
    "exon": "other exon",
    "intron": "intronic",
    "intergenic": "no gene",
}

FREQUENCIES = ((0.001, "below 0.1 %"), (0.01, "0.1 to 1 %"), (0.05, "1 to 5 %"), (np.inf, "5 % and more"))
"""Classes of the frequency of the rarer allele: upper limit (exclusive) and name."""


def records(frame: pd.DataFrame) -> list[dict]:
    """The rows of a frame as dicts of plain values, with None for every kind of null."""
    return [
        {
            key: value if isinstance(value, (list, np.ndarray)) or not pd.isna(value) else None
            for key, value in row.items()
        }
        for row in frame.to_dict("records")
    ]


def page_names(genes: pd.DataFrame) -> dict[str, str]:
    """File name of each gene's page by gene_id: the gene's name if it is safe and unique, otherwise with the gene's ID.

    Names must differ in more than upper and lower case, because some file systems do not distinguish them.
    """
    names: dict[str, str] = {}
    taken = {VIEWER.removesuffix(".html")}
    for gene_id, gene_name in zip(genes.gene_id, genes.gene_name, strict=True):
        stem = _safe(gene_name)
        if stem != gene_name or stem.lower() in taken:
            stem = f"{stem}_{_safe(gene_id)}"
        names[gene_id] = f"{_unique(stem, taken)}.html"
    return names


def card_names(pairs: pd.DataFrame, names: Mapping[str, str]) -> dict[tuple, str]:
    """File name of each card by allele and gene_id: `HBB_11-5225488-A-G.html`.

    pairs: rows of table `card_windows`. names: gene_name by gene_id.
    """
    found: dict[tuple, str] = {}
    taken: set[str] = set()
    for *allele, gene_id in pairs[[*ALLELE, "gene_id"]].itertuples(index=False, name=None):
        chrom, pos, ref, alt = allele
        letters = [letter if len(letter) <= _MOST_LETTERS else f"{len(letter)}nt" for letter in (ref, alt)]
        stem = f"{_safe(names[gene_id])}_{_safe('-'.join(map(str, (chrom, pos, *letters))))}"
        found[chrom, pos, ref, alt, gene_id] = f"{_unique(stem, taken)}.html"
    return found


_MOST_LETTERS = 12
"""Number of letters of an allele in a file's name; for a longer allele its length is written there."""


def _unique(stem: str, taken: set[str]) -> str:
    """A name that is not taken yet, independent of upper and lower case; it is taken from then on."""
    number, unique = 1, stem
    while unique.lower() in taken:
        number, unique = number + 1, f"{stem}_{number + 1}"
    taken.add(unique.lower())
    return unique


def _safe(name: str) -> str:
    """Letters, digits, `-`, `_` and inner dots of a name; at most 80 of them, and never empty."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:80].strip("._-") or "gene"


def gene_rows(ranked: pd.DataFrame, sites: pd.DataFrame, people: pd.Series, pages: Mapping[str, str]) -> list[dict]:
    """Rows of the overview's table of genes. people: `people_by_gene`."""
    strength = sites.set_index(["gene_id", "site_id"]).logodds_narrow.rename("logodds_narrow_ref")
    rows = records(ranked.join(strength, on=["gene_id", "top_site"]))
    for row in rows:
        chrom, pos, ref, alt = row["top_variant"].rsplit(":", 3)
        row["n_people"] = n_people(people, row["gene_id"])
        row["variant"] = {"chrom": chrom, "pos": int(pos), "ref": ref, "alt": alt, "id": row["top_variant_id"]}
        row["page"] = pages.get(row["gene_id"])
    return rows


def variant_rows(
    effects: pa.Table,
    scores: pa.Table,
    n: int,
    pages: Mapping[str, str],
    known: Mapping[tuple, Facts] = MappingProxyType({}),
    cards: Mapping[tuple, str] = MappingProxyType({}),
) -> list[dict]:
    """The first `n` alleles and genes of a table of effects, each with its verdict and the site that it hits hardest.

    effects: rows of `gene_effects`. scores: rows of `scores` that include those of the same alleles. pages: of
    `page_names`. known: of `known_of`. cards: of `card_names`.
    """
    top = leading_effects(effects, n)
    wanted = scores.filter(pc.is_in(scores["pos"], top["pos"].unique()))
    places = wanted.select([*PAIR, "window_index"]).to_pandas()
    frame = top.to_pandas().merge(places, on=PAIR, how="left", validate="one_to_one")
    rows = records(frame)
    for row, raw in zip(rows, frame.to_dict("records"), strict=True):
        place = list(row["site_ids"]).index(row["site_id"])
        row["usage_site_ref"], row["usage_site_alt"] = (float(row[key][place]) for key in ("usage_ref", "usage_alt"))
        row["offset"] = None if row["window_index"] is None else row["window_index"] - HEXAMER_INDEX
        row["verdict"] = give_verdict(raw)
        row["known"] = _facts(row, known)
        row["page"] = pages.get(row["gene_id"])
        row["card"] = cards.get(tuple(row[name] for name in (*ALLELE, "gene_id")))
    return rows


def has_hexamer(site: Mapping) -> bool:
    """Whether the six bases at a site's anchor may be a signal. site: a row of `sites`."""
    return words.hexamer(site["hexamer"]) != words.NO_HEXAMER


def usage_rows(effect: Mapping, sites: Iterable[Mapping]) -> list[dict]:
    """Share of the gene's 3' ends at each site that is used, without and with an allele. effect: of `variant_rows`."""
    of_site = {site["site_id"]: site for site in sites}
    shares = zip(effect["site_ids"], effect["usage_ref"], effect["usage_alt"], strict=True)
    return [
        {**of_site[site_id], "before": float(before), "after": float(after), "is_hit": site_id == effect["site_id"]}
        for site_id, before, after in shares
        if before > 0 or after > 0
    ]


def gene_hits(run: Run, gene_id: str) -> pd.DataFrame:
    """One gene's rows of `scores`, the largest effect first."""
    hits = run.scores.filter(pc.equal(run.scores["gene_id"], gene_id)).to_pandas()
    hits["offset"] = hits.window_index - HEXAMER_INDEX
    return hits.sort_values("delta_logodds_narrow", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def source_rows(sites: pd.DataFrame) -> list[dict]:
    """For each source of sites: their number, their confidence, and how many have AATAAA or ATTAAA or a measured
    usage."""
    distinct = sites.drop_duplicates("site_id")
    sure = pd.to_numeric(distinct.confidence)
    rows = (
        distinct.assign(
            sure=sure >= SURE_SITE,
            likely=(sure >= LIKELY_SITE) & (sure < SURE_SITE),
            doubtful=sure < LIKELY_SITE,
            unknown=sure.isna(),
            canonical=distinct.hexamer_tier.isin([0, 1]),
        )
        .groupby("source")
        .agg(
            n=("site_id", "size"),
            **{name: (name, "sum") for name in CONFIDENCE},
            canonical=("canonical", "mean"),
            n_measured=("usage_measured", "count"),
        )
    )
    return records(rows.sort_values("n", ascending=False, kind="stable").reset_index())


def new_site_rows(
    new_sites: pd.DataFrame, pages: Mapping[str, str], known: Mapping[tuple, Facts] = MappingProxyType({})
) -> list[dict]:
    """Rows of a table of new sites made by variants, sorted by expected impact, highest first. known: of `known_of`."""
    ranks = ["expected_impact", "delta_logodds_narrow"]
    ordered = new_sites.sort_values(ranks, ascending=False, kind="stable").head(MAX_NEW_SITES)
    rows = records(ordered)
    for row in rows:
        row["page"] = pages.get(row["gene_id"])
        row["known"] = _facts(row, known)
    return rows


def _facts(row: Mapping, known: Mapping[tuple, Facts]) -> list[str]:
    """The known values of the allele of a row, in words."""
    return describe_known(known.get(tuple(row[name] for name in ALLELE), {}))


def haplotype_rows(haplotypes: pa.Table, pages: Mapping[str, str]) -> list[dict]:
    """Rows of the overview's table of haplotypes. The rows in which the joint effect differs most from the sum of the
    single effects are first."""
    size = pc.abs(pc.fill_null(haplotypes["interaction_narrow"], 0)).to_numpy()
    rows = records(haplotypes.take(np.argsort(-size, kind="stable")[:MAX_HAPLOTYPES]).to_pandas())
    for row in rows:
        parts = [name.rsplit(":", 3) for name in row["variants"]]
        row["changes"] = [{"chrom": chrom, "pos": pos, "ref": ref, "alt": alt} for chrom, pos, ref, alt in parts]
        row["page"] = pages.get(row["gene_id"])
    return [row for row in rows if row["interaction_narrow"] is not None]


def n_people(people: pd.Series, gene_id: str) -> int | None:
    """One number of `people_by_gene`."""
    found = people.get(gene_id, 0)
    return None if pd.isna(found) else int(found)


def tissue_rows(tissue_effects: pa.Table, effect: Mapping | None) -> list[dict]:
    """The effect of an allele on a gene in each tissue, sorted by the share of 3' ends that move, largest first.
    effect: of `variant_rows`."""
    if effect is None:
        return []
    frame = tissue_effects.filter(pc.equal(tissue_effects["gene_id"], effect["gene_id"])).to_pandas()
    is_allele = np.logical_and.reduce([frame[name] == effect[name] for name in ALLELE])
    frame = frame[is_allele].sort_values("total_variation", ascending=False, kind="stable")
    return records(frame.assign(distal_ref=frame.usage_ref.str[-1], distal_alt=frame.usage_alt.str[-1]))


def substitution_grid(substitutions: pd.DataFrame, site: Mapping) -> np.ndarray:
    """Effect (ln) of A, C, G or T (rows) at each position of a site's window, (4, 205); NaN for the base that is in the
    window, and where it is not known. site: a row of `sites`. The bases are those of the transcribed strand."""
    rows = substitutions[substitutions.site_id == site["site_id"]]
    bases = encode("".join(rows.alt))
    grid = np.full((4, WINDOW_LENGTH), np.nan)
    bases = on_strand(bases, np.full(len(bases), site["strand"] == "-"))
    grid[bases, rows.window_index] = rows.logodds_narrow_alt - np.float32(site["logodds_narrow"])
    return grid


def frequency_groups(scores: pa.Table) -> list[tuple[str, np.ndarray]]:
    """For each class of allele frequency (of the rarer allele), the rarest first, the sizes of its effects (ln), one
    for each allele and window. Empty if no frequency is known."""
    hits = allele_hits(scores)
    return by_frequency(hits, hits.af)


def allele_hits(scores: pa.Table) -> pd.DataFrame:
    """Allele and window with frequency and effect, once for each window, even if several genes share it."""
    columns = [*ALLELE, "site_id", "af", "delta_logodds_narrow"]
    return scores.select(columns).to_pandas().drop_duplicates([*ALLELE, "site_id"], ignore_index=True)


def by_frequency(hits: pd.DataFrame, frequency: pd.Series) -> list[tuple[str, np.ndarray]]:
    """The classes of `frequency_groups`. hits: of `allele_hits`. frequency: of each row; those without one are left out."""
    hits, frequency = hits[frequency.notna()], frequency.dropna()
    rarer = np.minimum(frequency, 1 - frequency)
    size = hits.delta_logodds_narrow.abs().to_numpy(np.float64)
    borders = [-np.inf, *(upper for upper, _ in FREQUENCIES)]
    groups = pd.cut(rarer, borders, right=False, labels=False)
    return [(name, size[groups == i]) for i, (_, name) in enumerate(FREQUENCIES)] if len(hits) else []


def shifts(gene_effects: pa.Table) -> np.ndarray:
    """For pairs of allele and gene with several sites, the change of the most distal site's share in percentage
    points."""
    several = gene_effects.filter(pc.greater(gene_effects["n_sites"], 1))
    points = 100 * several["delta_pdui"].to_numpy().astype(np.float64)
    return points[np.isfinite(points)]


def windows_hit(scores: pa.Table) -> pd.DataFrame:
    """Allele and window, once for each window, even if several genes share it: offset from the hexamer, region,
    effect."""
    columns = [*ALLELE, "site_id", "window_index", "region", "delta_logodds_narrow"]
    hits = scores.select(columns).to_pandas().drop_duplicates([*ALLELE, "site_id"], ignore_index=True)
    return hits.assign(offset=hits.window_index - HEXAMER_INDEX)


def region_rows(hits: pd.DataFrame, min_effect: float) -> list[dict]:
    """For each region of the window, the number of alleles in it and the size of their effects. hits: `windows_hit`."""
    rows = []
    for region, meaning in REGIONS.items():
        delta = hits.delta_logodds_narrow[hits.region == region]
        size = delta.abs()
        rows.append(
            {
                "region": meaning,
                "n": len(delta),
                "median": float(size.median()) if len(delta) else None,
                "n_strong": int((size >= min_effect).sum()),
                "lowest": float(delta.min()) if len(delta) else None,
                "highest": float(delta.max()) if len(delta) else None,
            }
        )
    return rows


def flag_rows(gene_effects: pa.Table) -> list[dict]:
    """For each flag, its meaning and the number of pairs of allele and gene that have it."""
    counts = Counter(flag for flags in gene_effects["flags"].drop_null().to_pylist() for flag in flags.split("&"))
    return [{"flag": flag, "meaning": meaning, "n": counts[flag]} for flag, meaning in FLAGS.items()]


def direction_rows(gene_effects: pa.Table) -> list[dict]:
    """For each direction, its meaning and the number of pairs of allele and gene with this direction."""
    counts = Counter({row["values"]: row["counts"] for row in gene_effects["direction"].value_counts().to_pylist()})
    return [{"direction": name, "meaning": meaning, "n": counts[name]} for name, meaning in DIRECTIONS.items()]


def count_moving(gene_effects: pa.Table, share: float) -> int:
    """Pairs of allele and gene that are expected to move at least this share of the gene's 3' ends."""
    return pc.sum(pc.greater_equal(gene_effects["expected_impact"], share)).as_py() or 0


def count_strong(gene_effects: pa.Table, min_effect: float) -> int:
    """Distinct alleles with an effect of at least `min_effect` in some gene."""
    strong = pc.greater_equal(pc.abs(gene_effects["delta_logodds_narrow"]), min_effect)
    return gene_effects.filter(strong).select(ALLELE).group_by(ALLELE).aggregate([]).num_rows


def tooltip(hit: Mapping) -> str:
    """The text that the page shows when the mouse is over a variant of a site's window."""
    lines = [
        " ".join(filter(None, (words.record_id(hit["id"]), words.change(hit)))),
        f"{words.signed(hit['delta_logodds_narrow'])}: odds of cleavage {words.fold(hit['delta_logodds_narrow'])}",
        f"{REGIONS.get(hit['region'], hit['region'])}, {words.signed(hit['offset'], 0)} nt from the hexamer's start",
    ]
    lines += words.motifs(hit)
    if hit["percentile"] is not None:
        lines.append(f"stronger than {100 * hit['percentile']:.1f} % of all substitutions of the site")
    if hit["af"] is not None:
        lines.append(f"allele frequency {words.percent(hit['af'])}")
    if hit["n_carriers"] is not None:
        lines.append(words.plural(hit["n_carriers"], "carrier"))
    return "\n".join(lines)
