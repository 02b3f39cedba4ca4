"""Drawings of one gene: its sites along the genome, and a site's window with its variants. Rows in, one `<svg>` out."""

from collections.abc import Sequence

from pasvar.constants import (
    HEXAMER_INDEX,
    HEXAMER_LENGTH,
    NARROW_END,
    NARROW_START,
    WINDOW_LENGTH,
)
from pasvar.report import words
from pasvar.report.content import TIERS, WEAK_SITE, tooltip
from pasvar.report.svg import Drawing, Scale, round_step, spread, ticks

WIDTH = 920
_LEFT, _RIGHT = 64, 20
_LEAST_SPAN = 0.25
"""Least |effect| that a window's y axis reaches (ln), so that noise does not look like an effect."""


def gene_track(sites: Sequence[dict], cuts_hit: Sequence[str] = ()) -> str:
    """A gene's sites to scale along transcription, left to right on either strand; bars are as high as the usage.

    sites: rows of `sites` by rank. cuts_hit: site_ids with a scored variant, whose numbers are set in bold.
    """
    height, top, base = 190, 44, 132
    minus = sites[0]["strand"] == "-"
    low = min(site["window_start"] for site in sites)
    high = max(site["window_end"] for site in sites)
    x = Scale(high if minus else low, low if minus else high, _LEFT, WIDTH - _RIGHT)
    y = Scale(0, 1, base, top)
    drawing = Drawing(WIDTH, height, f"{len(sites)} polyadenylation sites along the genome, bars show usage")
    _usage_axis(drawing, y)
    drawing.add("line", "axis", x1=x.first, x2=x.last, y1=base, y2=base)
    places = spread([x(site["cut_pos"]) for site in sites], 20, x.first + 8, x.last - 8)
    for site, place in zip(sites, places, strict=True):
        _site_bar(drawing, site, x, y, place, site["site_id"] in cuts_hit)
    _genome_axis(drawing, x, base + 7)
    strand = "minus" if minus else "plus"
    label = f"position on {sites[0]['chrom']}, {strand} strand; transcription runs left to right →"
    drawing.add("text", "label", label, x=(x.first + x.last) / 2, y=height - 6, text_anchor="middle")
    return str(drawing)


def _site_bar(drawing: Drawing, site: dict, x: Scale, y: Scale, place: float, is_hit: bool) -> None:
    """A site's window below the axis, its usage above it, and its number at `place` with a line from the bar."""
    told = _site_words(site)
    left, right = sorted((x(site["window_start"]), x(site["window_end"])))
    drawing.add("rect", "window", tooltip=told, x=left, y=y.first, width=max(right - left, 2), height=7)
    cut, end = x(site["cut_pos"]), min(y(site["usage_ref"]), y.first - 1)
    tier = f"usage tier{site['hexamer_tier']}"
    drawing.add("rect", tier, tooltip=told, x=cut - 2.5, y=end, width=5, height=y.first - end)
    bend, label = y.last - 6, y.last - 16
    drawing.add("path", "leader", d=f"M{cut:.1f} {end - 2:.1f} L{cut:.1f} {bend} L{place:.1f} {label}")
    shade = "label strong" if is_hit else "label"
    drawing.add("text", shade, str(site["rank"]), told, x=place, y=label - 4, text_anchor="middle")


def _usage_axis(drawing: Drawing, y: Scale) -> None:
    for share in (0, 0.5, 1):
        drawing.add("line", "grid", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y(share), y2=y(share))
        drawing.add("text", "tick", f"{share:.0%}", x=_LEFT - 8, y=y(share) + 4, text_anchor="end")
    middle = y(0.5)
    turned = f"rotate(-90 16 {middle:.0f})"
    drawing.add(
        "text", "label", f"share of 3{words.PRIME} ends", x=16, y=middle, text_anchor="middle", transform=turned
    )


def _genome_axis(drawing: Drawing, x: Scale, top: float) -> None:
    for position in ticks(*sorted((x.low, x.high)), 5):
        place = x(position)
        drawing.add("line", "axis", x1=place, x2=place, y1=top, y2=top + 5)
        text_anchor = "end" if place > WIDTH - _RIGHT - 40 else "start" if place < _LEFT + 40 else "middle"
        drawing.add("text", "tick", f"{position:,.0f}", x=place, y=top + 18, text_anchor=text_anchor)


def _site_words(site: dict) -> str:
    tier = TIERS[site["hexamer_tier"]]
    lines = [
        f"site {site['rank']}, cut at {site['chrom']}:{site['cut_pos']:,}",
        f"hexamer {site['hexamer']}" + ("" if tier == site["hexamer"] else f" ({tier})"),
        f"{words.percent(site['usage_ref'])} of the gene's 3{words.PRIME} ends",
        f"log odds {words.signed(site['logodds_narrow'])}"
        + (", very weak" if site["logodds_narrow"] < WEAK_SITE else ""),
    ]
    return "\n".join(lines)


def effect_span(deltas: Sequence[float]) -> float:
    """The |effect| that the y axes of a gene's windows reach, so that they can be compared."""
    largest = max([_LEAST_SPAN, *(abs(delta) for delta in deltas)])
    step = round_step(largest, 3)
    return step * -(-largest * 1.02 // step)


def window_plot(site: dict, hits: Sequence[dict], span: float) -> str:
    """A site's 205-nt window to scale with its variants as lollipops at their place and effect.

    site: a row of `sites`. hits: rows of `scores` at that site with `offset`. span: see `effect_span`.
    """
    height, top, base = 236, 30, 186
    first = -HEXAMER_INDEX
    x = Scale(first, first + WINDOW_LENGTH, _LEFT, WIDTH - _RIGHT)
    y = Scale(-span, span, base, top)
    drawing = Drawing(WIDTH, height, f"effects of {len(hits)} variants in the window of site {site['rank']}")
    _shade(drawing, x, top, base)
    _effect_axis(drawing, y, span)
    _window_axis(drawing, x, base)
    cut = x(cut_offset(site) + 1)
    drawing.add("line", "cut", x1=cut, x2=cut, y1=top - 4, y2=base, tooltip="the cut")
    # A cut may lie within the hexamer; its label then stands beside that of the hexamer.
    drawing.add("text", "label", "cut", x=max(cut - 9, x(HEXAMER_LENGTH) + 8), y=top - 9)
    for hit in reversed(hits):  # the strongest come last, on top
        place, end, way = x(hit["offset"] + 0.5), y(hit["delta_logodds_narrow"]), _way(hit["delta_logodds_narrow"])
        drawing.add("line", f"stem {way}", x1=place, x2=place, y1=y(0), y2=end)
        drawing.add("circle", f"head {way}", tooltip=tooltip(hit), cx=place, cy=end, r=4.5)
    label = "position relative to the hexamer's first base, nt along the transcript"
    drawing.add("text", "label", label, x=(_LEFT + WIDTH - _RIGHT) / 2, y=height - 6, text_anchor="middle")
    return str(drawing)


def cut_offset(site: dict) -> int:
    """Where the last base before the cut lies, in nt from the hexamer's first base along the transcript."""
    if site["strand"] == "-":
        return site["hexamer_end"] - site["cut_pos"]
    return site["cut_pos"] - 1 - site["hexamer_start"]


def _way(delta: float) -> str:
    return "gain" if delta > 0 else "loss"


def _shade(drawing: Drawing, x: Scale, top: float, base: float) -> None:
    narrow = (NARROW_START - HEXAMER_INDEX, NARROW_END - HEXAMER_INDEX)
    for css_class, (start, end), name in (
        ("narrow", narrow, "narrow window: cleavage is counted here"),
        ("hexamer", (0, HEXAMER_LENGTH), "hexamer"),
    ):
        drawing.add("rect", css_class, tooltip=name, x=x(start), y=top, width=x(end) - x(start), height=base - top)
    drawing.add("text", "label", "hexamer", x=x(HEXAMER_LENGTH), y=top - 9, text_anchor="end")


def _effect_axis(drawing: Drawing, y: Scale, span: float) -> None:
    step = round_step(span, 3)
    for value in ticks(-span, span, round(2 * span / step)):
        drawing.add("line", "grid" if value else "axis", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y(value), y2=y(value))
        digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
        drawing.add("text", "tick", words.signed(value, digits), x=_LEFT - 8, y=y(value) + 4, text_anchor="end")
    middle = y(0)
    turned = f"rotate(-90 14 {middle:.0f})"
    drawing.add("text", "label", "change of log odds", x=14, y=middle, text_anchor="middle", transform=turned)


def _window_axis(drawing: Drawing, x: Scale, base: float) -> None:
    drawing.add("line", "axis", x1=x.first, x2=x.last, y1=base, y2=base)
    for offset in range(-60, WINDOW_LENGTH - HEXAMER_INDEX, 20):
        place = x(offset + 0.5)
        drawing.add("line", "axis", x1=place, x2=place, y1=base, y2=base + 5)
        drawing.add("text", "tick", words.signed(offset, 0), x=place, y=base + 18, text_anchor="middle")
