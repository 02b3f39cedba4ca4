"""The effect of an allele on the polyadenylation of a gene, in two sentences: what happens, and how sure that is.

The report, the command line and the documentation of the VCF use this wording. A verdict is only about cleavage and
polyadenylation: it claims no change of expression and no disease.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pasvar.constants import MIN_EFFECT, PROBABILITY_FLOOR
from pasvar.counts import plural
from pasvar.sites import tier_of

SCOPE = "About cleavage and polyadenylation only: no statement on expression or disease."
"""A note that is shown once on every page with verdicts."""

CLEAR_DIRECTION = 0.8
SURE_DIRECTION = 0.95
"""Minimum direction_probability for an effect to be named at all, and minimum for high confidence in it."""

REAL_SITE = 0.5
SURE_SITE = 0.8
"""Minimum confidence of the site for its effects to be named, and minimum for high confidence in them."""

MIN_MOVED = 0.05
"""Share of the gene's 3' ends. If less than this moves at both ends of the error bar, there is no effect on the
gene."""

WORKING_TIER = 2
"""Hexamers up to this tier work in many human sites (AATAAA, ATTAAA, and four others). An allele after which none of
them is left destroys the signal."""

CAVEATS = {
    "ambiguous_side": "the indel can be placed on either side of the signal",
    "hexamer_indel": "an indel in the signal was scored on one side of it",
    "outside_fit": "usage was predicted for a kind of gene, or with a network, for which the prediction was not tested",
    "opposite_signs": "the position of the cut shifts as well",
    "a_rich": "the site may be an artefact of internal priming at genomic A",
    "unconfirmed_site": "no second source confirms the site",
    "weak_reference": "the site is very weak",
    "uncalibrated": "no change of this kind was ever measured",
}
"""Flags of `tables.FLAGS` that a reader must know about, as the end of a sentence with "but"."""


@dataclass(frozen=True)
class Verdict:
    """kind: `effect`, `none` or `unclear`. confidence: `high`, `moderate` or `low`; empty if the kind is `unclear`."""

    kind: str
    confidence: str
    happens: str
    sureness: str

    @property
    def text(self) -> str:
        """Both sentences."""
        return f"{self.happens} {self.sureness}"


def give_verdict(row: Mapping[str, Any]) -> Verdict:
    """The verdict on a row of table `gene_effects`."""
    if not math.isnan(copies := _number(row.get("copies"))):
        return _structural(row, int(copies))
    hit = _Hit(row)
    if reason := _why_unclear(hit):
        return Verdict("unclear", "", f"Cannot say what this does to {hit.gene}, because {reason}.", hit.prediction)
    if hit.is_nothing:
        return Verdict("none", hit.confidence, *_no_effect(hit))
    return Verdict("effect", hit.confidence, _effect(hit), _sureness(hit))


class _Hit:
    """The values of a row that the sentences need."""

    def __init__(self, row: Mapping[str, Any]):
        self.gene: str = row["gene_name"]
        self.delta, self.low, self.high, self.direction_probability, self.logodds, self.impact = (
            float(row[name])
            for name in (
                *("delta_logodds_narrow", "delta_low", "delta_high", "direction_probability"),
                *("logodds_narrow_ref", "impact"),
            )
        )
        self.other = _number(row["delta_logodds_narrow_other"])
        self.site_confidence = _number(row["confidence"])
        self.flags = _flags(row)
        self.hexamers: tuple[str, str] = (row["hexamer_ref"], row["hexamer_alt"])
        self.is_only_site = not math.isnan(_number(row["delta_cleavage"]))
        place = list(row["site_ids"]).index(row["site_id"])
        self.usage, self.usage_alt = float(row["usage_ref"][place]), float(row["usage_alt"][place])
        self.is_main = self.usage == max(row["usage_ref"])
        self.is_measured = bool(row["usage_measured"])
        self.direction: str = row["direction"]
        self.length, self.truncated = _number(row["delta_utr_length"]), _number(row["delta_truncated"])
        self.losing, self.gaining = row["losing_site"], row["gaining_site"]

    @property
    def usage_range(self) -> tuple[float, float]:
        """The site's usage when its effect lies at either end of the error bar and no other site changes."""
        return usage_range(self.usage, self.usage_alt, self.low, self.high)

    def cleavage(self, delta: float) -> float:
        """The factor by which cleavage at the site changes, among transcripts that reach it, when its log odds change
        by delta."""
        return _expit(self.logodds + delta) / _expit(self.logodds)

    @property
    def readings_differ(self) -> bool:
        """Whether an indel has another reading with a different effect: large when the first is not, or of the opposite
        sign."""
        if math.isnan(self.other):
            return False
        is_large = abs(self.other) >= MIN_EFFECT
        return is_large == self.is_small or (is_large and self.other * self.delta < 0)

    @property
    def is_small(self) -> bool:
        """Whether the odds change less than 1.25-fold."""
        return abs(self.delta) < MIN_EFFECT

    @property
    def is_uncounted(self) -> bool:
        """Whether the site has no share in the gene's usage. Its confidence is then too low for a share; this does not
        mean that it is unused."""
        return self.usage == 0

    @property
    def is_unused(self) -> bool:
        """Whether the site makes too few 3' ends to be relevant, before and after."""
        if self.is_only_site or self.is_uncounted:
            return False
        return max(abs(end - self.usage) for end in self.usage_range) < MIN_MOVED

    @property
    def acts_elsewhere(self) -> bool:
        """Whether most of the change in usage happens through another site that the allele changes."""
        return (self.is_unused or self.is_uncounted) and self.impact >= MIN_MOVED

    @property
    def is_nothing(self) -> bool:
        return not self.acts_elsewhere and (self.is_small or self.is_unused)

    @property
    def doubts(self) -> set[str]:
        """Flags that a reader must know about. Near zero, opposite signs mean nothing."""
        return (self.flags & CAVEATS.keys()) - ({"opposite_signs"} if self.is_small else set())

    @property
    def confidence(self) -> str:
        """`high`, `moderate` or `low`."""
        if self.is_nothing:
            return "low" if self.doubts else "moderate"
        is_sure = self.direction_probability >= SURE_DIRECTION and self.site_confidence >= SURE_SITE
        return "low" if len(self.doubts) > 1 else "high" if is_sure and not self.doubts else "moderate"

    @property
    def site(self) -> str:
        """The site, with its share of 3' ends."""
        if self.is_only_site:
            return f"{self.gene}'s only site"
        if self.is_uncounted:
            return f"a possible site of {self.gene}"
        share = f"({percent(self.usage)} of 3' ends, {'measured' if self.is_measured else 'predicted'})"
        return f"{self.gene}'s main site {share}" if self.is_main else f"another site of {self.gene} {share}"

    @property
    def prediction(self) -> str:
        """Only the numbers, for a reader who decides without a verdict."""
        bar = fold_range(self.low, self.high)
        return (
            f"The network predicts that the odds of a cut at {self.site} are {fold(self.delta)} (80 % interval {bar})."
        )


def _structural(row: Mapping[str, Any], copies: int) -> Verdict:
    """The verdict on a structural change, which has no score."""
    gene, direction, confidence = row["gene_name"], row["direction"], _number(row["confidence"])
    place = list(row["site_ids"]).index(row["site_id"])
    before, after = (float(row[name][place]) for name in ("usage_ref", "usage_alt"))
    imprecise = "; but the ends of the change are imprecise" if "imprecise" in _flags(row) else ""
    doubt = imprecise
    if not confidence >= SURE_SITE:
        doubt = f"; but {_how_real(confidence)}" + imprecise.replace("; but", ", and")
    if direction == "gene_duplicated":
        happens = (
            f"Makes {copies} copies of all of {gene}, each with its own sites: the usage of the sites does not change."
        )
        return Verdict("none", "moderate", happens, f"Moderate confidence: {_NOT_SCORED}{imprecise}.")
    if direction == "gene_deleted":
        doubt = imprecise
        happens = f"Deletes all of {gene}, with every polyadenylation site that it uses."
        why = "the whole gene is deleted"
    elif direction == "all_sites_deleted":
        happens = f"Deletes every polyadenylation site that {gene} uses: no known site is left for its 3' ends."
        why = "its transcripts may end at unknown sites, which cannot be predicted"
    elif before == 0:
        verb = "Deletes" if copies == 0 else "Duplicates"
        happens = f"{verb} a possible site of {gene} that is too uncertain to count: no effect on its 3' ends is known."
        return Verdict("none", "low", happens, f"Low confidence: the usage of the site is not known{doubt}.")
    else:
        happens = _of_copies(row, copies, before, after)
        why = _WHY_DELETED if copies == 0 else _WHY_DUPLICATED
    is_effect = direction in ("gene_deleted", "all_sites_deleted") or float(row["impact"]) >= MIN_MOVED
    level = "low" if copies else "moderate" if doubt or direction != "gene_deleted" else "high"
    return Verdict("effect" if is_effect else "none", level, happens, f"{level.capitalize()} confidence: {why}{doubt}.")


_NOT_SCORED = "the network did not score this change"
_WHY_DELETED = f"{_NOT_SCORED}; that the other sites take over in proportion to their usage is an assumption"
_WHY_DUPLICATED = f"{_NOT_SCORED}; that every copy is cut as often as the single site is an assumption"


def _of_copies(row: Mapping[str, Any], copies: int, before: float, after: float) -> str:
    """The effect on a gene that keeps a site, in one sentence. before, after: usage of the changed site that is used
    most."""
    n, gene = int(row["n_sites_hit"]), row["gene_name"]
    how = "measured" if row["usage_measured"] else "predicted"
    main = "main site" if before == max(row["usage_ref"]) else "site"
    more = "" if n == 1 else f" and {plural(n - 1, 'more site')}"
    length = _number(row["delta_utr_length"])
    moves = ""
    if row["direction"] in ("shortening", "lengthening"):
        verb = "shortens" if length < 0 else "lengthens"
        moves = f", and the 3' UTR {verb} by {abs(length):,.0f} nt on average"
    if copies == 0:
        return f"Deletes {gene}'s {main} ({percent(before)} of 3' ends, {how}){more}: its other sites take over{moves}."
    verb = "Duplicates" if copies == 2 else f"Makes {copies} copies of"
    if not math.isnan(_number(row["delta_cleavage"])):
        return f"{verb} {gene}'s only site{more}: more of the transcripts are cut there."
    return f"{verb} {gene}'s {main}{more}: {percent(after)} of 3' ends instead of {percent(before)} ({how}){moves}."


def _how_real(confidence: float) -> str:
    if math.isnan(confidence):
        return "the probability that the site is real is not known"
    return f"the site itself is real with a probability of only {percent(confidence)}"


def _flags(row: Mapping[str, Any]) -> set[str]:
    return set() if pd.isna(row["flags"]) else set(row["flags"].split("&"))


def usage_range(usage: float, usage_alt: float, low: float, high: float) -> tuple[float, float]:
    """A site's usage at either end of its effect's error bar, if no other site changes; `usage_alt` lies within."""
    share = min(max(usage, PROBABILITY_FLOOR), 1 - PROBABILITY_FLOOR)
    ends = [_expit(math.log(share / (1 - share)) + delta) for delta in (low, high)]
    return min(*ends, usage_alt), max(*ends, usage_alt)


def _why_unclear(hit: _Hit) -> str:
    """Why a change that may be relevant has no verdict, after "because"; empty if it has one."""
    if hit.readings_differ and (hit.acts_elsewhere or not hit.is_unused):
        return f"{CAVEATS['ambiguous_side']}, and the effects differ (odds {fold(hit.delta)}, or {fold(hit.other)})"
    if hit.is_nothing:
        return ""
    if hit.is_uncounted and not hit.acts_elsewhere:
        sure = (
            ""
            if math.isnan(hit.site_confidence)
            else f" (it is real with a probability of {percent(hit.site_confidence)})"
        )
        return f"the usage of the affected site is not known{sure}"
    if hit.direction_probability < CLEAR_DIRECTION:
        if "weak_reference" in hit.flags:
            return "the site is so weak that predictions do not agree with measurements there"
        right = math.floor(100 * hit.direction_probability)
        return f"only {right} % of measured variants with such a prediction changed in the predicted direction"
    if hit.site_confidence < REAL_SITE:
        return f"the site itself is real with a probability of only {percent(hit.site_confidence)}"
    return ""


def _no_effect(hit: _Hit) -> tuple[str, str]:
    bar = fold_range(hit.low, hit.high)
    if hit.is_unused:
        how = "measured" if hit.is_measured else "predicted"
        return (
            f"No effect on {hit.gene} expected: the affected site makes {percent(hit.usage)} of its 3' ends ({how}).",
            f"{hit.confidence.capitalize()} confidence: even at the ends of the error bar (odds {bar}) fewer than "
            f"{percent(MIN_MOVED)} of the gene's 3' ends move{_but(hit)}.",
        )
    return (
        f"No large effect on {hit.gene} expected: the predicted odds of a cut at {hit.site} are {fold(hit.delta)}.",
        f"{hit.confidence.capitalize()} confidence: the 80 % interval is {bar}, so that a mild effect is not ruled out"
        f"{_but(hit)}.",
    )


def _effect(hit: _Hit) -> str:
    if hit.acts_elsewhere:
        return (
            f"Moves about {percent(hit.impact)} of {hit.gene}'s 3' ends from the site {hit.losing} to {hit.gaining}"
            f"{_consequence(hit)}."
        )
    if hit.is_only_site:
        times = hit.cleavage(hit.delta)
        change = (
            f"falls to about {percent(times)} of what it was"
            if times < 1
            else f"rises about {_times(math.log(times))}-fold"
        )
        return f"{_action(hit)}: cleavage there {change}."
    verb = "remain" if hit.delta < 0 else "are made there with the variant"
    return f"{_action(hit)}: about {percent(hit.usage_alt)} {verb}{_consequence(hit)}."


def _action(hit: _Hit) -> str:
    """The effect of the allele on the site that it hits."""
    before, after = hit.hexamers
    tier, tier_after = tier_of(before), tier_of(after)
    is_loss = hit.delta < 0
    if is_loss and tier <= WORKING_TIER < tier_after:
        return f"Destroys the {before} of {hit.site}"
    if is_loss and tier < tier_after <= WORKING_TIER:
        return f"Weakens the {before} of {hit.site} to {after}"
    if not is_loss and tier_after < tier and tier_after <= WORKING_TIER:
        return f"Makes {'an' if after[0] == 'A' else 'a'} {after} (from {before}) at {hit.site}"
    return f"{'Weakens' if is_loss else 'Strengthens'} {hit.site}"


def _consequence(hit: _Hit) -> str:
    """The effect on the gene's transcripts, as the end of a sentence; empty if no direction is named."""
    if hit.direction in ("shortening", "lengthening") and abs(hit.length) >= 1:
        verb = "shortens" if hit.direction == "shortening" else "lengthens"
        return f", and the 3' UTR {verb} by {abs(hit.length):,.0f} nt on average"
    if hit.direction in ("more_truncation", "less_truncation"):
        more = "more" if hit.direction == "more_truncation" else "fewer"
        return f", and {percent(abs(hit.truncated))} {more} of its transcripts end before the stop codon"
    return ""


def _sureness(hit: _Hit) -> str:
    if hit.acts_elsewhere:
        bar = f"the 80 % interval of the largest effect is {fold_range(hit.low, hit.high)}"
    elif hit.is_only_site:
        low, high = hit.cleavage(hit.low), hit.cleavage(hit.high)
        bar = f"the 80 % interval is {percent(low)} to {percent(high)} of what it was"
        if hit.delta > 0:
            bar = f"the 80 % interval is {low:.1f}- to {_times(math.log(high))}-fold"
    else:
        bar = "the 80 % interval is {} to {}".format(*map(percent, hit.usage_range))
    right = f"the direction is right with a probability of {percent(hit.direction_probability)}"
    return f"{hit.confidence.capitalize()} confidence: {bar}, and {right}{_but(hit)}."


def _but(hit: _Hit) -> str:
    """The caveats, in the order of `CAVEATS`."""
    caveats = [caveat for flag, caveat in CAVEATS.items() if flag in hit.doubts]
    if math.isnan(hit.site_confidence):
        caveats.append(_how_real(math.nan))
    return f"; but {', and '.join(caveats)}" if caveats else ""


def percent(share: float) -> str:
    """A share in the usual spelling: 71 %, 4.2 %, under 0.1 %, over 99 %; above one, 130 %."""
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1 %"
    if 99 < value < 100:
        return "over 99 %"
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


def fold(delta: float) -> str:
    """A change of log odds, expressed as a change of odds: "unchanged", "1.2-fold higher", "60-fold lower"."""
    times = _times(abs(delta))
    return "unchanged" if times == "1.0" else f"{times}-fold {'higher' if delta > 0 else 'lower'}"


def fold_range(low: float, high: float) -> str:
    """An interval of changes of log odds: "20- to 170-fold lower", "1.3-fold lower to 1.5-fold higher"."""
    if low < 0 < high:
        return f"{fold(low)} to {fold(high)}"
    near, far = sorted((abs(low), abs(high)))
    return f"{_times(near)}- to {_times(far)}-fold {'higher' if high > 0 else 'lower'}"


def _times(size: float) -> str:
    """exp of a size, with two significant digits."""
    times = math.exp(min(size, 50.0))
    return f"{times:.1f}" if times < 9.95 else f"{float(f'{times:.2g}'):,.0f}"


def _expit(logodds: float) -> float:
    return 1 / (1 + math.exp(-logodds))


def _number(value: Any) -> float:
    """NaN for any kind of null."""
    return math.nan if pd.isna(value) else float(value)
