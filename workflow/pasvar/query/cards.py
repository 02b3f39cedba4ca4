"""From answers to variant cards: the windows of the site hit hardest, looked at closely by the network."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pasvar.query.assembly import Assembly
from pasvar.report import Card, known_rows
from pasvar.scoring import look_closely
from pasvar.tables import ALLELE, read_table
from pasvar.variants import assembly_of

_KEY = [*ALLELE, "gene_id"]


_OF_PEOPLE = ["id", "af", "n_carriers", "allele_count", "allele_number"]


def make_cards(answers: Iterable[Mapping[str, Any]], assembly: Assembly, run: str | Path | None = None) -> list[Card]:
    """A card for each answer that has an effect on a gene, in their order.

    answers: of `answers.answer`. run: folder of a finished run, whose IDs, frequencies and carriers are shown where it has the
    allele.
    """
    name = assembly_of(assembly.genome.lengths)
    of_people = _people(run)
    sources = [source.name for source in assembly.known]
    hit = [{**row, **of_people.get(tuple(row[c] for c in _KEY), {})} for row in answers if row.get("window_ref")]
    looks = look_closely(assembly.engine, [(row["window_ref"], row["window_alt"]) for row in hit])
    return [
        Card(
            row,
            row["window_ref"],
            row["window_alt"],
            row["window_hexamer_start"],
            *look,
            name,
            known_rows(row["known"], sources),
        )
        for row, look in zip(hit, looks, strict=True)
    ]


def _people(run: str | Path | None) -> dict[tuple, dict[str, Any]]:
    """What a run's table `gene_effects` says of the people, by allele and gene; nothing where there is no run."""
    path = Path(run) / "results" / "gene_effects.parquet" if run is not None else None
    if path is None or not path.is_file():
        return {}
    frame = read_table(path, "gene_effects", [*_KEY, *_OF_PEOPLE])
    rows = frame[_OF_PEOPLE].astype(object).where(frame[_OF_PEOPLE].notna(), None).to_dict("records")
    return dict(zip(frame[_KEY].itertuples(index=False, name=None), rows, strict=True))
