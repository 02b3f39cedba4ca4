"""What a variant does, for people and for programs: an answer per variant and gene."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pasvar.annotate import join_known
from pasvar.effects import give_verdict
from pasvar.errors import InputError
from pasvar.query.assembly import Assembly
from pasvar.query.library import find_effects
from pasvar.scoring import probability
from pasvar.tables import ALLELE, STATUSES, describe_known, known_of, plain_cells
from pasvar.variants import Allele

_OF_GENE = ["chrom", "pos", "ref", "alt", "gene_id"]


def answer(alleles: Sequence[tuple[str, Allele]], assembly: Assembly) -> list[dict[str, Any]]:
    """An object per variant and gene, in the order asked; a variant that touches no site has one without a gene.

    alleles: what was asked, and the allele that it is. The object has `asked`, the allele, `status` and `reason` (of the
    ledger), the columns of `gene_effects`, those of `scores` at the site hit hardest with the windows that it compares
    (window_ref, window_alt: 205 nt of the transcribed strand; window_hexamer_start: forward-strand start of the bases at index
    70, 0-based), and as lists of objects `scores` (every site that it touches), `sites` (all sites of the gene, with usage_alt)
    and `new_sites`; and `known`, what each source has of the allele, by name and field. Missing values are None.
    """
    if not alleles:
        return []
    frame = pd.DataFrame([allele for _, allele in alleles], columns=Allele._fields)
    frame["id"] = [assembly.reader.record_id(text) for text, _ in alleles]
    frame = frame.drop_duplicates([*ALLELE, "info"], ignore_index=True)
    if (twice := frame.duplicated(ALLELE)).any():
        row = frame[twice].iloc[0]
        raise InputError(
            f"{row.chrom}:{row.pos} {row.ref}>{row.alt} is given with several ends; ask for each of them in its own call"
        )
    found = find_effects(frame, assembly.genome, assembly.sites, assembly.engine)
    ledger = found.ledger.set_index(ALLELE)[["status", "reason"]].to_dict("index")
    by_allele = {name: getattr(found, name).groupby(ALLELE) for name in ("gene_effects", "new_sites")}
    scores = found.scores.merge(_renamed(found.windows), on=[*ALLELE, "site_id"]).groupby(_OF_GENE)
    known = known_of(join_known(frame, assembly.known, assembly.genome))
    sites = found.sites.sort_values("rank").groupby("gene_id")
    answers = []
    for asked, allele in alleles:
        key = tuple(allele)[: len(ALLELE)]
        name = {"id": assembly.reader.record_id(asked)}
        base = {
            "asked": asked,
            **dict(zip(ALLELE, key, strict=True)),
            **_plain(ledger[key]),
            "known": known.get((allele.chrom, allele.pos, allele.ref, allele.alt), {}),
        }
        of_allele = {name: _group(groups, key) for name, groups in by_allele.items()}
        effects, new = of_allele["gene_effects"], of_allele["new_sites"]
        genes = dict.fromkeys([*effects.gene_id, *new.gene_id])
        answers += [
            _of_gene(base, gene, effects, new, _group(scores, (*key, gene)), sites.get_group(gene)) | name
            for gene in genes
        ] or [base | name | _nearest(allele, assembly.sites.sites)]
    return answers


def _renamed(windows: pd.DataFrame) -> pd.DataFrame:
    return windows.rename(columns={"hexamer_start": "window_hexamer_start"})


def _group(groups, key: tuple) -> pd.DataFrame:
    return groups.get_group(key) if key in groups.groups else groups.obj.iloc[:0]


def _of_gene(
    base: dict, gene: str, effects: pd.DataFrame, new: pd.DataFrame, scores: pd.DataFrame, sites: pd.DataFrame
) -> dict[str, Any]:
    effect = _records(effects[effects.gene_id == gene])
    found = dict(effect[0]) if effect else {}
    rows = _records(scores)
    hardest = next((row for row in rows if row["site_id"] == found.get("site_id")), {})
    usage = dict(zip(found.get("site_ids") or [], found.get("usage_alt") or [], strict=True))
    named = sites.iloc[0]
    if effect:
        verdict = give_verdict(effects[effects.gene_id == gene].iloc[0])
        found |= {"verdict": verdict.text, "verdict_kind": verdict.kind, "verdict_confidence": verdict.confidence}
    return (
        base
        | {"gene_id": gene, "gene_name": named.gene_name, "strand": named.strand}
        | hardest
        | found
        | _probabilities(hardest)
        | {
            "scores": rows,
            "sites": [site | {"usage_alt": usage.get(site["site_id"], site["usage_ref"])} for site in _records(sites)],
            "new_sites": _records(new[new.gene_id == gene]),
        }
    )


def _probabilities(hardest: dict) -> dict[str, float]:
    """Those of the log odds at the site hit hardest, with and without the allele."""
    scores = [f"logodds{window}_{allele}" for window in ("_narrow", "") for allele in ("ref", "alt")]
    return {name.replace("logodds", "probability"): float(probability(hardest[name])) for name in scores if hardest}


def _nearest(allele: Allele, sites: pd.DataFrame) -> dict[str, Any]:
    """The site nearest to an allele that touches none."""
    here = sites[sites.chrom == allele.chrom]
    if here.empty:
        return {"nearest_site": None, "nearest_gene": None, "nearest_distance": None}
    distance = (here.cut_pos - allele.pos).abs()
    nearest = here.loc[distance.idxmin()]
    return {
        "nearest_site": nearest.site_id,
        "nearest_gene": nearest.gene_name,
        "nearest_distance": int(distance.min()),
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as mappings of plain values."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, list | np.ndarray):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


_LINE = [
    *(
        "asked",
        "chrom",
        "pos",
        "ref",
        "alt",
        "id",
        "status",
        "gene_id",
        "gene_name",
        "site_id",
        "hexamer_ref",
        "hexamer_alt",
    ),
    *(
        "logodds_narrow_ref",
        "delta_logodds_narrow",
        "delta_low",
        "delta_high",
        "direction_probability",
        "delta_logodds",
    ),
    *("delta_usage", "impact", "expected_impact", "direction", "delta_utr_length", "confidence", "flags", "verdict"),
    "known",
]
"""The columns of `as_lines`."""


def as_lines(answers: Iterable[dict[str, Any]]) -> str:
    """Tab-separated text, a line per answer; numbers have six digits, what is missing is empty."""
    rows = [{key: each.get(key) for key in _LINE} | {"known": _known(each)} for each in answers]
    lines = plain_cells(pd.DataFrame(rows, columns=_LINE))
    return lines.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")


def as_text(answers: Iterable[dict[str, Any]]) -> str:
    """A paragraph per answer, numbers rounded for people."""
    return "\n".join(_paragraph(each) for each in answers)


def _paragraph(answer: dict[str, Any]) -> str:
    allele = f"{answer['chrom']}:{answer['pos']} {answer['ref']}>{answer['alt']}"
    spelled = ":".join(str(answer[name]) for name in ALLELE)
    title = allele if answer["asked"] == spelled else f"{answer['asked']} = {allele}"
    known = _known(answer)
    if "gene_id" not in answer:
        return f"{title}\n  {_reason(answer)}\n" + (f"  Known: {known}.\n" if known else "")
    lines = [f"{title}, {answer['gene_name']} ({answer['strand']} strand)"]
    if answer.get("verdict"):
        lines.append(f"  {answer['verdict']}")
    if answer.get("site_id"):
        if answer.get("delta_logodds_narrow") is not None:
            lines.append(f"  {_effect(answer)}")
        lines += [f"  {line}" for line in _table(answer["sites"], answer["site_id"])]
    for new in answer["new_sites"]:
        lines.append(
            f"  May make a new site at {new['site_id']}: {new['hexamer_ref']} becomes {new['hexamer_alt']}, log odds "
            f"{new['logodds_narrow_ref']:.2f} to {new['logodds_narrow_alt']:.2f}; {new['usage_alt']:.1%} of the 3' ends."
        )
    if known:
        lines.append(f"  Known: {known}.")
    if answer.get("flags"):
        lines.append(f"  Flags: {answer['flags'].replace('&', ', ')} (docs/tables.md explains them).")
    return "\n".join(lines) + "\n"


def _known(answer: dict[str, Any]) -> str:
    return ", ".join(describe_known(answer["known"]))


def _effect(answer: dict[str, Any]) -> str:
    """The effect at the site hit hardest, with its error bar."""
    text = (
        f"Effect at {answer['site_id']}: {answer['delta_logodds_narrow']:+.2f} natural log odds of cleavage "
        f"(reference {answer['logodds_narrow_ref']:.2f})"
    )
    if answer.get("delta_low") is not None:
        text += f", 80 % interval {answer['delta_low']:+.2f} to {answer['delta_high']:+.2f}"
    if answer.get("direction_probability") is not None:
        text += f", direction right with probability {answer['direction_probability']:.2f}"
    return f"{text}."


def _table(sites: list[dict[str, Any]], hit: str) -> list[str]:
    """The gene's sites, proximal to distal, with their usage before and after."""
    rows = [("site", "hexamer", "known from", "confidence", "3' UTR", "usage", "with the variant")]
    for site in sites:
        confidence, length = site.get("confidence"), site.get("utr_length")
        rows.append(
            (
                site["site_id"] + (" <" if site["site_id"] == hit else ""),
                site["hexamer"] if site["hexamer_tier"] in range(4) else "none",
                site["source"],
                "unknown" if confidence is None else f"{confidence:.2f}",
                "" if length is None else f"{length} nt",
                f"{site['usage_ref']:.1%}",
                f"{site['usage_alt']:.1%}",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _reason(answer: dict[str, Any]) -> str:
    """Why an allele has no effect to show."""
    if answer["status"] != "no_site_in_range":
        return f"Not scored: {answer['status']} ({answer['reason'] or STATUSES[answer['status']]})."
    if answer["nearest_site"] is None:
        return "No polyadenylation site is known or predicted on this contig."
    return (
        f"Touches no polyadenylation site that is known or predicted. The nearest is {answer['nearest_site']} of "
        f"{answer['nearest_gene']}, {answer['nearest_distance']:,} nt away."
    )
