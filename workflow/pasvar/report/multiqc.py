"""A run in MultiQC's format: files of custom content, which MultiQC finds by the ends of their names."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc

from pasvar import __version__
from pasvar.files import vcf_stem
from pasvar.report import content
from pasvar.report.run_tables import Run
from pasvar.tables import STATUSES


def files(run: Run, settings: Mapping) -> dict[str, str]:
    """The texts of the files by name: the run's main counts as columns of MultiQC's first table, and its ledger as a
    bar.

    The run is named after its VCF. settings: `min_effect` and `min_usage_shift` are needed.
    """
    names = [vcf_stem(name) for name in run.files.vcf]
    sample = " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} other files"
    counts = _counts(run, settings)
    main = {
        "id": "pasvar",
        "plot_type": "generalstats",
        "pconfig": [{key: columns | {"namespace": "pasvar"}} for key, (columns, _) in counts.items()],
        "data": {sample: {key: value for key, (_, value) in counts.items()}},
    }
    return {"pasvar_mqc.json": _text(main), "pasvar_ledger_mqc.json": _text(_ledger(run, sample))}


def _counts(run: Run, settings: Mapping) -> dict[str, tuple[dict[str, str], float]]:
    """By key, MultiQC's settings for a count, and the count."""
    scored = int(run.totals.n_alleles[run.totals.status == "scored"].sum())
    share = f"{100 * settings['min_usage_shift']:.3g} %"
    counts: dict[str, tuple[str, str, int]] = {
        "alleles": ("Alleles", "alleles of the VCF", int(run.totals.n_alleles.sum())),
        "scored": ("Scored", "alleles in the window of a polyadenylation site", scored),
        "strong": (
            "Strong",
            f"alleles that change the log odds of cleavage by {settings['min_effect']:.3g} or more",
            content.count_strong(run.gene_effects, settings["min_effect"]),
        ),
        "moving": (
            f"Move {share}",
            f"pairs of allele and gene expected to move {share} or more of the gene's 3' ends",
            content.count_moving(run.gene_effects, settings["min_usage_shift"]),
        ),
        "genes": ("Genes", "genes with a strong allele", int((run.genes.n_strong > 0).sum())),
    }
    columns: dict[str, tuple[dict[str, str], float]] = {
        key: ({"title": title, "description": meaning, "format": "{:,.0f}", "scale": "Blues"}, n)
        for key, (title, meaning, n) in counts.items()
    }
    highest = pc.max(run.gene_effects["expected_impact"]).as_py()
    if highest is not None:
        meaning = (
            "highest expected impact: the share of a gene's 3' ends that an allele moves, times the site's confidence"
        )
        columns["impact"] = (
            {"title": "Impact", "description": meaning, "format": "{:,.1f}", "suffix": " %", "scale": "Oranges"},
            round(100 * highest, 4),
        )
    return columns


def _ledger(run: Run, sample: str) -> dict[str, Any]:
    """The ledger as a bar graph."""
    totals = dict(zip(run.totals.status, run.totals.n_alleles.astype(int), strict=True))
    return {
        "id": "pasvar_ledger",
        "section_name": "pasvar: ledger",
        "description": f"The status of every allele (pasvar {__version__}). "
        + " ".join(f"{status}: {STATUSES[status]}.".replace("`", "") for status, n in totals.items() if n),
        "plot_type": "bargraph",
        "pconfig": {"id": "pasvar_ledger_plot", "title": "pasvar: alleles by status", "ylab": "alleles"},
        "data": {sample: {status: int(n) for status, n in totals.items()}},
    }


def _text(section: Mapping) -> str:
    return json.dumps(section, indent=1, ensure_ascii=False) + "\n"
