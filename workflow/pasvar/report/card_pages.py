"""From cards to files: a page with one printed sheet for each card, or one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from pasvar.effects import SCOPE, give_verdict
from pasvar.files import whole
from pasvar.report import card as said, card_plots as plots, words
from pasvar.report.card import Card
from pasvar.report.figures import PAGE, embed, save
from pasvar.report.templates import page_templates
from pasvar.tables import ALLELE

_HALF = 3.6
"""Width in inches of a drawing that is next to the numbers."""


def draw_card(card: Card, path: str | Path) -> None:
    """A card as a picture, by the path's suffix: .svg, .png or .pdf. Raises InputError for another one."""
    save(plots.card_figure(card, give_verdict(card.row).text), path, card.title)


def write_cards(cards: Sequence[Card], made_by: Mapping[str, str], path: str | Path) -> None:
    """A page that needs no other file and no network. When it is printed, each card takes a sheet of A4. made_by: of
    the scores."""
    text = render_cards(cards, made_by)
    with whole(Path(path)) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def render_cards(cards: Sequence[Card], made_by: Mapping[str, str]) -> str:
    """The page of `write_cards` as HTML."""
    title = cards[0].title if len(cards) == 1 else words.plural(len(cards), "variant card")
    template = page_templates().get_template("card.html.j2")
    views = [card_view(card) for card in cards]
    return template.render(title=title, cards=views, made_by=made_by, scope=SCOPE, way_back=None)


def render_card(templates: jinja2.Environment, card: Card, made_by: Mapping[str, str], gene_page: str | None) -> str:
    """The page of one card in a report as HTML, with links to the gene and the overview. templates: of `pages.page_environment`.
    gene_page: file name, None for a gene without a page of its own."""
    template = templates.get_template("card.html.j2")
    way_back = {"gene": card.row["gene_name"], "gene_id": card.row["gene_id"], "page": gene_page}
    return template.render(title=card.title, cards=[card_view(card)], made_by=made_by, scope=SCOPE, way_back=way_back)


def card_view(card: Card) -> dict[str, Any]:
    """The values of a card that the template shows."""
    name = words.change(card.row) + card.row["gene_id"]
    row, verdict = card.row, give_verdict(card.row)
    return {
        "title": _name(row),
        "change": words.change(row),
        "gene": row["gene_name"],
        "gene_id": row["gene_id"],
        "strand": "minus" if card.is_minus else "plus",
        "assembly": card.assembly,
        "verdict": verdict,
        "way": "gain" if (row["delta_logodds_narrow"] or 0) > 0 else "loss",
        "facts": said.facts(card),
        "flags": said.flag_rows(row.get("flags")),
        "known": card.known,
        "links": said.links(row, card.assembly),
        "window": embed(plots.window_figure(card, PAGE), f"window {name}", _window_label(card)),
        "letters": embed(plots.letters_figure(card, PAGE), f"letters {name}", _letters_label(card)),
        "usage": embed(plots.usage_figure(card, PAGE, _HALF), f"usage {name}", _usage_label(card)),
    }


def _name(row: Mapping[str, Any]) -> str:
    """The reader's name for the variant: its ID, or the spelling that was asked for if that is different."""
    asked, spelled = row.get("asked"), ":".join(str(row[column]) for column in ALLELE)
    return words.record_id(row.get("id")) or (asked if asked and asked != spelled else words.change(row))


def _window_label(card: Card) -> str:
    shares = (card.row["logodds_narrow_ref"], card.row["logodds_narrow_ref"] + card.row["delta_logodds_narrow"])
    before, after = (words.percent(words.odds_share(logodds)) for logodds in shares)
    return (
        f"Where the transcript is cut in the window of site {card.row['site_id']}: {before} in the narrow window with the "
        f"reference, {after} with the alternate; below, the effect of every possible substitution"
    )


def _letters_label(card: Card) -> str:
    low, high = card.view
    rows = [column for column in card.aligned if low <= column[0] < high]
    ref, alt = "".join(column[1] for column in rows), "".join(column[2] for column in rows)
    return f"Bases {low} to {high} from the hexamer. Reference {ref}; alternate {alt}"


def _usage_label(card: Card) -> str:
    rows = plots.shown_rows(card)
    changes = (f"{row['name']}: {words.percent(row['before'])} to {words.percent(row['after'])}" for row in rows)
    return f"Usage without and with the allele. {'; '.join(changes)}"
