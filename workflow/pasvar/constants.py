"""The numbers of the method, each with its source. Nothing else in pasvar repeats one of them."""

import math

WINDOW_LENGTH = 205
"""Length of the network's input in nt (Linder et al. 2022, Genome Biology 23:232)."""

HEXAMER_INDEX = 70
"""Index in the window (0-based, transcribed strand) of the first base of the core hexamer (Linder et al. 2022)."""

HEXAMER_LENGTH = 6

NARROW_START = HEXAMER_INDEX + 7
NARROW_END = HEXAMER_INDEX + 57
"""The narrow cleavage window, [77, 127): hexamer +7 to +57 (johli/aparent-resnet, variant notebooks)."""

CORE_START = HEXAMER_INDEX + 15
CORE_END = HEXAMER_INDEX + 35
"""The window [85, 105) of the authors' native-APA regression on the data of Derti et al. (its other fits use the narrow one)."""

PROBABILITY_FLOOR = 1e-7
"""Probabilities are clipped to [floor, 1 - floor] before a logit (johli/aparent-resnet, in-silico mutagenesis)."""

MIN_EFFECT = math.log(1.25)
"""|delta log odds| that the authors' published mutagenesis keeps as "more than 1.25-fold", 0.2231."""

HEXAMER_SEARCH_LENGTH = 45
"""The hexamer is searched to start in [cut - 45, cut) on the transcribed strand (authors' PolyA_DB processing)."""

FALLBACK_HEXAMER_OFFSET = 25
"""Where the search finds nothing, the window is anchored this many nt upstream of the cut (same source)."""

MERGE_DISTANCE = 24
"""Ends of one gene closer than this many nt are one site: cleavage is imprecise over about that width
(the clustering distance of PolyA_DB; also PolyASite 2.0, Herrmann et al. 2020, NAR 48:D174)."""

USUAL_HEXAMER_DISTANCE = 22
"""nt from a canonical hexamer to the cut on average: 21.4 at the 444 curated cuts of chr20, 22.8 at the 1,440 of PolyA_DB 3.2 on
chr22:36-42 Mb, 23.4 at the ends of Ensembl 75 on chr20. Of random hundreds of these 98 in 100 have 20.5 to 25.3."""

A_RICH_UPSTREAM = 10
A_RICH_DOWNSTREAM = 30
"""Where oligo-A in the genome marks a suspect of internal priming: from 10 nt before to 30 nt after the cut base.
The patterns are the authors', who look for them in the whole 205-nt window (johli/aparent-resnet, native APA analysis). That has
4.4 % of the sites of PolyA_DB 3.2 on chr22:36-42 Mb, which was measured without internal priming; this, where an oligo-dT primer
binds to the transcript, has 0.5 % of them."""

TOLERANCE = {"exact": 1e-4, "fast": 0.1}
"""The precisions of the engine, and how far an effect may lie from that of the plain network in float64 by each: what rounding
does to sums in another order, and a bit more than twice the largest error that was measured (docs/benchmarks.md)."""

WEAK_REFERENCE = math.log(1 / 99)
"""Narrow reference log odds, -4.60, below which a site is very weak: the network cleaves fewer than 1 transcript in 100 there.
Published predictions are less precise at such sites (Linder et al. 2022: average precision for disruptive variants 0.67,
0.79 without them), and the paper's own limit is not printed. This one lies in the gap between real sites and places that
are none: of the 990 annotated ends of chromosome 20 (GRCh37, released network) 1 in 250 with AATAAA or ATTAAA lies below
it and 9 in 10 of those without any hexamer; of the ends that PolyASite 2.0 measured, 1 in 26, of the others 1 in 2."""

CLEAVAGE_SITE_REACH = 3
"""A base at most this many nt from the last one before the cut belongs to the cleavage site. The base that is cut after matters
(A > U > C >> G, Chen et al. 1995, NAR 23:2614), and the entropy of the predicted cut responds most within about this distance."""

UNCONFIRMED = 0.5
"""Confidence below which a site is rather not real than real."""

MAX_SITE_SHARDS = 64
"""Into how many parts the genome is cut, at most, to find sites: a human genome has some 10^5 windows to judge, whatever the
cohort."""

RIVAL_FLAG = "rival_hexamer"
"""Flag of an effect that is that in the window of the site's rival hexamer."""
