"""Every table of pasvar: its columns, their types, units and meanings, and the only code that reads or writes one.

A table's schema is the contract with the user. An empty table has the same schema as a full one, and the same rows
give the same bytes: the row groups have a fixed size, and what pyarrow would add of its own (a pandas index) is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

STATUSES = {
    "scored": "the allele touches at least one window and has a row per site and gene in scores.parquet",
    "no_site_in_range": "a sound allele outside every window",
    "ref_mismatch": "REF differs from the FASTA",
    "contig_unknown": "the FASTA has no such contig, also not with or without `chr`",
    "structural": "a deletion or duplication, symbolic or too long to be scored, that removes or duplicates a site: it has a row "
    "per gene in gene_effects.parquet, and no score",
    "cuts_gene": "a breakend or an inversion that cuts a gene or a site: the effect on its 3' ends is not known",
    "symbolic": "a symbolic allele (<DEL>, <CN0>) or a breakend, which names no sequence; it touches no site or cannot be read",
    "star": "the `*` allele: the base is missing because of another record's deletion",
    "non_acgt": "REF or ALT has letters other than A C G T (upper or lower case)",
    "too_long": "longer than `max_allele_length` (REF or ALT, after trimming what they share)",
    "chrom_end": "REF, or the END of a structural change, reaches past an end of the contig",
    "filtered": "sound, but config key `filters`, `min_af`, `max_af` or `regions` leaves it out",
    "duplicate": "the same chrom, pos, ref and alt stood in an earlier record",
    "not_read": "out of reach of every window, and not read by a run with `ledger: in_range`; counted from the VCF's index, one "
    "allele per record",
}
"""The ledger's statuses, each allele has exactly one; where several fit, the order of `variants.classify` decides."""

SITE_CLASSES = {
    "3utr": "in the 3' UTR of the gene's last exon, the only site there that takes part in usage",
    "tandem_3utr": "in the 3' UTR of the gene's last exon, with other sites there",
    "alternative_last_exon": "in the 3' UTR of a transcript that ends in another exon than the gene's last",
    "extended": "downstream of the gene's last annotated end, within `extension` nt and outside other genes of the strand",
    "cds": "at the end of an incomplete coding transcript",
    "noncoding": "in an exon of a gene without a CDS",
    "exon": "in another exon of a coding gene, coding or 5' of it",
    "intron": "intronic: in no exon, within the gene",
    "intergenic": "in no gene; it is given one of its own",
}
"""Where a site lies, best first: where several transcripts or sources differ, the first that fits counts."""

MECHANISMS = {
    "hexamer": "the hexamer changes, is lost, or is created",
    "upstream_element": "a base upstream of the hexamer changes, and the UGUA or the U-rich words in their zone become fewer or "
    "more",
    "downstream_element": "a base downstream of the cut changes, and the GU-rich or the U-rich words in their zone become fewer "
    "or more",
    "cleavage_site": "none of these, and a base changes at most 3 nt from the last one before the cut",
    "other": "none of these",
    "site_deleted": "a structural change that removes the hexamer or the cut, or all of the site; it has no score",
    "site_duplicated": "a structural change that duplicates the site from hexamer to cut; it has no score",
}
"""What of a site an allele hits, in the order in which it is decided; `effects.motifs` has zones and words with their sources."""

FLAGS = {
    "hexamer_changed": "the six bases at the hexamer's place are others",
    "hexamer_indel": "an indel hits the hexamer, so that none could keep its place",
    "opposite_signs": "narrow and wide effect have opposite signs",
    "weak_reference": "the reference site is very weak (logodds_narrow_ref below -4.6): predictions are less precise there",
    "ambiguous_side": "an indel may as well lie on the other side of the hexamer, which gives delta_logodds_narrow_other",
    "rival_hexamer": "the effect is that in the window of the site's rival hexamer, which the allele hits and where it is larger",
    "a_rich": "oligo-A in the genome near the site, which may be an artefact of internal priming",
    "unconfirmed_site": "the confidence of the site is below 0.5, or null: it is predicted by an uncalibrated network",
    "uncalibrated": "no change of this kind was measured, so that the error bar is wider by convention: an indel, a change of "
    "several bases, or a network other than aparent2 and aparent2-mini",
    "imprecise": "the VCF record says that the ends of a structural change are not known to the base",
    "outside_fit": "the gene's usages are predicted by coefficients that were not fit on sites of this kind (in introns, coding "
    "exons or no gene) or with this network",
}
"""Reasons to look twice at an effect."""

DIRECTIONS = {
    "shortening": "the expected 3' UTR gets shorter",
    "lengthening": "the expected 3' UTR gets longer",
    "more_truncation": "ends move before a stop codon, to introns or coding exons: part of the protein is lost",
    "less_truncation": "ends move from there to behind the stop codon",
    "less_cleavage": "the gene has one site, and fewer transcripts are cut there",
    "more_cleavage": "the gene has one site, and more transcripts are cut there",
    "all_sites_deleted": "none of the gene's sites that take part in its usage is left",
    "gene_deleted": "all of the gene is deleted, from its first exon to its last",
    "gene_duplicated": "all of the gene is there twice or more, each copy with its sites; where its ends lie does not change",
    "none": "none of these by as much as `min_usage_shift`, or the error bar of the effect holds both signs",
}
"""Which way an allele moves a gene's 3' ends; `effects.impact` has the limits."""


def _column(name: str, dtype: pa.DataType, meaning: str, unit: str = "") -> pa.Field:
    return pa.field(name, dtype, metadata={"meaning": meaning, "unit": unit})


_CHROM = _column("chrom", pa.string(), "contig, by its name in the FASTA")
_POS = _column("pos", pa.int64(), "POS as in the VCF", "1-based")
_REF = _column("ref", pa.string(), "REF as spelled in the VCF")
_ALT = _column("alt", pa.string(), "one ALT as spelled in the VCF")
_ALLELE = [_CHROM, _POS, _REF, _ALT]
ALLELE = [column.name for column in _ALLELE]
"""The columns that name an allele."""
_AF = _column(
    "af",
    pa.float32(),
    "allele frequency: from the genotypes if there are any, else INFO/AF, else INFO/AC divided by INFO/AN",
    "share",
)
_GENE = [
    _column("gene_id", pa.string(), "gene_id of the GTF"),
    _column("gene_name", pa.string(), "gene_name of the GTF, or gene_id where it has none"),
]
_STRAND = _column("strand", pa.string(), "strand of the gene, + or -")
_SITE_ID = _column("site_id", pa.string(), "`chrom:cut_pos:strand`")
_HEXAMER_TIER = _column(
    "hexamer_tier", pa.int8(), "0 AATAAA, 1 ATTAAA, 2 AGTAAA TATAAA CATAAA GATAAA, 3 one mismatch, 4 two, -1 none found"
)
_LOGODDS = [
    _column(
        "logodds_narrow", pa.float32(), "reference log odds of cleavage 7 to 57 nt after the hexamer's start", "ln"
    ),
    _column("logodds", pa.float32(), "reference log odds of cleavage anywhere in the window", "ln"),
]
_CUT_SCORES = [
    _column("logodds_core", pa.float32(), "log odds of cleavage 15 to 35 nt after the hexamer's start", "ln"),
    _column("cut_mean", pa.float32(), "mean index of the cut in the window, given that it lies there", "nt"),
    _column("cut_entropy", pa.float32(), "entropy of where in the window the cut lies, given that it does", "bits"),
    _column("cut_mode", pa.float32(), "likeliest index of the cut in the narrow window", "nt"),
]


def _alternate(columns: list[pa.Field]) -> list[pa.Field]:
    """The same columns of an alternate window."""
    return [
        _column(f"{c.name}_alt", c.type, "as without _alt, of the alternate window", c.metadata[b"unit"])
        for c in columns
    ]


def _reference(columns: list[pa.Field]) -> list[pa.Field]:
    """The same columns of a reference window."""
    return [_column(f"{c.name}_ref", c.type, "of the reference window", c.metadata[b"unit"]) for c in columns]


def _in_rival(field: pa.Field) -> pa.Field:
    """The same column of the window of the site's rival hexamer; null where the allele does not hit it."""
    return _column(
        f"rival_{field.name}",
        field.type,
        f"as {field.name}, in the window of the rival hexamer, where the allele hits it",
        field.metadata[b"unit"],
    )


_NAMED_ALLELE = [
    *_ALLELE,
    _column("id", pa.string(), "ID of the VCF record"),
    _column(
        "norm_pos", pa.int64(), "POS of the normal form (minimal, left-aligned, as bcftools norm writes it)", "1-based"
    ),
    _column("norm_ref", pa.string(), "REF of the normal form"),
    _column("norm_alt", pa.string(), "ALT of the normal form"),
    _AF,
]
_PAIR = [*_NAMED_ALLELE, _SITE_ID]
_WINDOW_INDEX = _column(
    "window_index",
    pa.int16(),
    "first base changed, counted along the transcribed strand; the hexamer is 70-75",
    "nt",
)
_REGION = _column("region", pa.string(), "upstream, hexamer, hexamer_to_cut or downstream (of the cut)")
_WINDOW_LAST = _column("window_last", pa.int16(), "last base changed, counted likewise", "nt")
_ANCHOR = _column(
    "anchor",
    pa.string(),
    "hexamer: it keeps its place; downstream or upstream: an indel hits the hexamer, so that side keeps its place",
)
_PLACE = [_WINDOW_INDEX, _WINDOW_LAST, _REGION, _ANCHOR]
_RIVAL = [
    _column(
        "rival_hexamer",
        pa.string(),
        "another hexamer of tier 0 to 3 within the search reach, apart from the chosen one; of several the one nearest to 22 nt "
        "before the cut",
    ),
    _column("rival_start", pa.int64(), "its start on the forward strand", "0-based"),
]
_LOGODDS_NARROW_REF = _column(
    "logodds_narrow_ref",
    pa.float32(),
    "log odds of cleavage 7 to 57 nt after the hexamer's start, reference",
    "ln",
)
_DELTA_LOGODDS_NARROW = _column(
    "delta_logodds_narrow", pa.float32(), "alternate minus reference of the above: the main score", "ln"
)
_LOGODDS_REF = _column("logodds_ref", pa.float32(), "log odds of cleavage anywhere in the window, reference", "ln")
_DELTA_LOGODDS = _column("delta_logodds", pa.float32(), "alternate minus reference of the above", "ln")
_DELTA_SITE = _column(
    "delta_site_logodds",
    pa.float32(),
    "change of the log odds of the site as a whole: delta_logodds_narrow; where the allele hits a rival hexamer, that of the "
    "odds of both hexamers together",
    "ln",
)
_DELTA_USAGE = _column(
    "delta_usage",
    pa.float32(),
    "change of the site's usage in its gene if only its narrow log odds change",
    "share",
)
_HEXAMERS = [
    _column("hexamer_ref", pa.string(), "the six bases at index 70, reference"),
    _column("hexamer_alt", pa.string(), "the six bases at index 70, alternate"),
]
_PERCENTILE = _column(
    "percentile",
    pa.float32(),
    "share of all possible SNVs of the site with a smaller |delta_logodds_narrow|; null in a run without `percentiles`",
    "share",
)
_OTHER_SIDE = _column(
    "delta_logodds_narrow_other",
    pa.float32(),
    "the effect if the indel counts as lying on the other side of the hexamer; null but for ambiguous_side",
    "ln",
)
_ERROR_BAR = [
    _column(
        "delta_expected", pa.float32(), "the change of log odds that a reporter assay is expected to measure", "ln"
    ),
    _column("delta_low", pa.float32(), "lower end of the interval that holds 80 % of measured changes", "ln"),
    _column("delta_high", pa.float32(), "upper end of that interval", "ln"),
    _column(
        "direction_probability",
        pa.float32(),
        "probability that the measured change has the sign of the predicted one, 0.5 to 1",
    ),
]
_CONTEXT = [
    _column("delta_cut_mean", pa.float32(), "shift of the mean cut, downstream is positive", "nt"),
    _column(
        "delta_cut_entropy", pa.float32(), "change of the entropy of where the cut lies, sharper is negative", "bits"
    ),
    _column("mechanism", pa.string(), "the element of the site that is changed: one of the mechanisms below"),
    _column("motif_lost", pa.string(), "motifs of which the alternate has fewer, joined by &; null if there are none"),
    _column("motif_gained", pa.string(), "motifs of which the alternate has more, joined by &; null if there are none"),
    _PERCENTILE,
    _column("flags", pa.string(), "the flags below that are set, joined by &; null if there are none"),
]
_GENOTYPES = [
    _column(
        "n_carriers",
        pa.int32(),
        "people with at least one copy; null without genotypes and below `min_genotype_effect`",
        "people",
    ),
    _column(
        "allele_count",
        pa.int32(),
        "copies among the called alleles; null without genotypes and below `min_genotype_effect`",
    ),
    _column("allele_number", pa.int32(), "called alleles; null without genotypes and below `min_genotype_effect`"),
]
_NEW_HEXAMER = [
    _column("hexamer_pos", pa.int64(), "first base of the new hexamer along the strand, in the reference", "1-based"),
    _column("hexamer_ref", pa.string(), "the six bases at that place, reference"),
    _column("hexamer_alt", pa.string(), "the six bases at that place, alternate"),
]
_HAPLOTYPE_COUNTS = [
    _column(
        "n_carriers", pa.int32(), "people with the haplotype; null where `n_unphased` people may have it too", "people"
    ),
    _column("haplotype_count", pa.int32(), "copies of the haplotype among all people; null as n_carriers"),
    _column("haplotype_number", pa.int32(), "haplotypes at the site of all people with a call there"),
    _column(
        "n_unphased",
        pa.int32(),
        "people who have all of the variants, but whose phase is unknown, so that they may or may not share a haplotype",
        "people",
    ),
]


GENOTYPES = [column.name for column in _GENOTYPES]
"""The columns that carriers give."""


@dataclass(frozen=True)
class Table:
    """One table: its file under results/, what a row is, and its columns in order."""

    file: str
    row: str
    columns: tuple[pa.Field, ...]
    options: Mapping[str, bool] = field(default_factory=dict)
    """How pyarrow writes it, where not as the others."""

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(self.columns)


_SITES = (
    _SITE_ID,
    _CHROM,
    _STRAND,
    _column("cut_pos", pa.int64(), "the last transcribed base before the cut", "1-based"),
    _column(
        "hexamer",
        pa.string(),
        "the core signal on the transcribed strand; in sites.parquet null of tiers 4 and -1",
    ),
    _column("hexamer_start", pa.int64(), "start of the hexamer on the forward strand", "0-based"),
    _column("hexamer_end", pa.int64(), "end of the hexamer on the forward strand", "half-open"),
    _HEXAMER_TIER,
    _column(
        "window_start", pa.int64(), "start of the 205 nt; negative where it reaches past the contig's start", "0-based"
    ),
    _column("window_end", pa.int64(), "end of the 205 nt, which may lie past the contig's end", "half-open"),
    *_GENE,
    _column(
        "site_class",
        pa.string(),
        "where in the gene the cut lies: " + "; ".join(f"{name}: {meaning}" for name, meaning in SITE_CLASSES.items()),
    ),
    _column("truncating", pa.bool_(), "the cut lies before the stop codon of a coding transcript, and in no 3' UTR"),
    _column(
        "source",
        pa.string(),
        "where the site comes from: gtf, the names of atlases, several joined by +, or predicted: the network alone",
    ),
    _column("evidence", pa.list_(pa.string()), "what the site was merged from, `source:cut_pos`"),
    _column("n_transcripts", pa.int32(), "transcripts of the gene that end at the site"),
    _column("transcript_ids", pa.list_(pa.string()), "their names"),
    _column(
        "usage_measured",
        pa.float32(),
        "share of the gene's 3' ends that an atlas has here; null where it has none",
        "share",
    ),
    _column("usage_source", pa.string(), "where the gene's usages come from: measured:<atlas> or predicted:<fit>"),
    _column("rank", pa.int16(), "place among the gene's sites along transcription, 1 is the most proximal"),
    _column(
        "utr_length",
        pa.int32(),
        "exonic 3' UTR length of the transcripts that end here, the longest; null without CDS",
        "nt",
    ),
    _column("a_rich", pa.bool_(), "oligo-A in the genome at the cut: a suspect of internal priming"),
    _column(
        "confidence",
        pa.float32(),
        "probability that the site is real, from its source, strength and place; null where the network is uncalibrated",
        "share",
    ),
    _column("in_usage", pa.bool_(), "the site is counted in the gene's usage; else its usage_ref is 0"),
)
_SITE_SCORES = (
    *_LOGODDS,
    *_CUT_SCORES,
    _column(
        "coding_share",
        pa.float32(),
        "part of the gene's longest CDS upstream of the cut; null without CDS",
        "share",
    ),
    _column("coding_length", pa.int32(), "the gene's longest CDS; null without one", "nt"),
    _column("usage_ref", pa.float32(), "share of the gene's 3' ends made here in the reference, sums to 1", "share"),
    _column("outside_fit", pa.bool_(), "as the flag of this name"),
)

TABLES = {
    "contigs": Table(
        "reference/contigs.parquet",
        "contig of the FASTA",
        (_CHROM, _column("length", pa.int64(), "length of the contig", "nt")),
    ),
    "catalogue": Table("sites/catalogue.parquet", "site and gene, before the model has seen it", _SITES),
    "proposed_sites": Table(
        "sites/{shard}/proposed.parquet",
        "hexamer whose window the network is to score",
        (
            _CHROM,
            _STRAND,
            _column("hexamer_start", pa.int64(), "start of the hexamer on the forward strand", "0-based"),
            _HEXAMER_TIER,
            _column("is_known", pa.bool_(), "the hexamer of an annotated or measured site"),
            _column("window_start", pa.int64(), "start of the window on the forward strand", "0-based"),
            _column("window", pa.string(), "the 205 nt of the transcribed strand, N past the contig's ends"),
        ),
    ),
    "proposed_scores": Table(
        "sites/{shard}/scores.parquet",
        "hexamer, as in proposed.parquet",
        (_CHROM, _STRAND, _column("hexamer_start", pa.int64(), "as there", "0-based"), *_LOGODDS, *_CUT_SCORES),
    ),
    "tissue_usage": Table(
        "sites/tissue_usage.parquet",
        "site, gene and tissue",
        (
            _SITE_ID,
            _GENE[0],
            _column("tissue", pa.string(), "tissue or cell type, as its column is called"),
            _column("usage", pa.float32(), "share of the gene's 3' ends made here in the tissue", "share"),
            _column("source", pa.string(), "transcripts, or the name of an atlas"),
        ),
    ),
    "windows": Table(
        "windows/windows.parquet",
        "site",
        (
            _SITE_ID,
            _CHROM,
            _STRAND,
            _column(
                "window_start", pa.int64(), "start on the forward strand, negative past the contig's start", "0-based"
            ),
            _column("window_end", pa.int64(), "end on the forward strand", "half-open"),
            _column("cut_index", pa.int16(), "index of the cut in the window", "nt"),
            _column("window", pa.string(), "the 205 nt of the transcribed strand, N past the contig's ends"),
            *_RIVAL,
        ),
    ),
    "window_scores": Table("scores/windows.parquet", "site", (_SITE_ID, *_RIVAL, *_LOGODDS, *_CUT_SCORES)),
    "store": Table(
        "{store}/{kind of engine}/{digest}.parquet",
        "window that was scored once",
        (
            _column("window", pa.binary(16), "digest of the 205 nt"),
            *_LOGODDS,
            *_CUT_SCORES,
            _column("check", pa.uint32(), "checksum of the row, and of the kind of engine"),
        ),
        # Digests repeat nowhere; checksums find damage without reading the whole file.
        {"use_dictionary": False},
    ),
    "shards": Table(
        "shards/plan.parquet",
        "stretch of genome that one shard reads",
        (
            _column("shard", pa.int32(), "number of the shard, from 1"),
            _CHROM,
            _column("start", pa.int64(), "start of the stretch", "0-based"),
            _column("end", pa.int64(), "end of the stretch", "half-open"),
        ),
    ),
    "alleles": Table(
        "shards/{shard}/alleles.zip",
        "allele and site",
        (
            *_PAIR,
            *_PLACE,
            _column("window_alt", pa.string(), "the 205 nt of the transcribed strand with the allele in place"),
            _column(
                "window_other",
                pa.string(),
                "the same where an indel may as well lie on the other side of the hexamer; null where not",
            ),
            _column(
                "rival_hexamer_start",
                pa.int64(),
                "start on the forward strand of another hexamer within reach of the cut that the allele breaks or makes",
                "0-based",
            ),
            *(_in_rival(field) for field in (_WINDOW_INDEX, _WINDOW_LAST, _ANCHOR)),
            _column(
                "rival_window_ref",
                pa.string(),
                "the 205 nt with the rival hexamer at index 70 where the allele hits it",
            ),
            _column("rival_window_alt", pa.string(), "the same with the allele in place"),
        ),
    ),
    "allele_scores": Table(
        "shards/{shard}/allele_scores.zip",
        "allele and site, as in alleles.parquet",
        (
            *_ALLELE,
            _SITE_ID,
            *_alternate([*_LOGODDS, *_CUT_SCORES]),
            _column("logodds_narrow_other", pa.float32(), "as without _other, of the window window_other", "ln"),
            *(_in_rival(field) for field in _reference([*_LOGODDS, *_CUT_SCORES])),
            *(_in_rival(field) for field in _alternate([*_LOGODDS, *_CUT_SCORES])),
        ),
    ),
    "candidates": Table(
        "shards/{shard}/alleles.zip",
        "allele and place where it may make a site",
        (
            *_ALLELE,
            _column("id", pa.string(), "ID of the VCF record"),
            _column("af", pa.float32(), "INFO/AF", "share"),
            _STRAND,
            *_NEW_HEXAMER,
            _column(
                "change_index", pa.int32(), "where the allele's bases begin in window_alt; may lie outside it", "nt"
            ),
            _column("change_pos", pa.int64(), "the base of the reference there, along the strand", "1-based"),
            _column("n_replaced", pa.int32(), "bases of the reference that the allele replaces", "nt"),
            _column("n_inserted", pa.int32(), "bases that it puts in their place", "nt"),
            _column("window_ref", pa.string(), "the 205 nt with that place at index 70, reference"),
            _column("window_alt", pa.string(), "the same, alternate"),
        ),
    ),
    "structural_alleles": Table(
        "shards/{shard}/alleles.zip",
        "structural allele, site that it removes or doubles, and gene",
        (
            *_NAMED_ALLELE,
            _SITE_ID,
            _GENE[0],
            _column("start", pa.int64(), "start of what is deleted or doubled", "0-based"),
            _column("end", pa.int64(), "its end", "half-open"),
            _column("copies", pa.int16(), "how often it is there on the allele: 0, or 2 and more"),
            _column("imprecise", pa.bool_(), "the record says that the ends are not known to the base"),
        ),
    ),
    "candidate_scores": Table(
        "shards/{shard}/allele_scores.zip",
        "allele and place, as in candidates.parquet",
        (
            *_ALLELE,
            _NEW_HEXAMER[0],
            *_reference(_LOGODDS),
            *_alternate([*_LOGODDS, *_CUT_SCORES]),
        ),
    ),
    "saturation_scores": Table(
        "shards/{shard}/saturation_scores.parquet",  # and hit_saturation in allele_scores.zip, of the sites that alleles hit
        "possible SNV and site",
        (*_ALLELE, _SITE_ID, _WINDOW_INDEX, *_alternate([*_LOGODDS, *_CUT_SCORES])),
    ),
    "card_windows": Table(
        "scores/card_windows.parquet",
        "allele and gene that has a card in the report, the highest expected impact first",
        (
            *_ALLELE,
            _column("gene_id", pa.string(), "ID of the gene"),
            _SITE_ID,
            _column("window_ref", pa.string(), "the 205 nt of the transcribed strand that the score is of, reference"),
            _column("window_alt", pa.string(), "the same, alternate"),
            _column("hexamer_start", pa.int64(), "forward-strand start of the six bases at index 70", "0-based"),
            _column(
                "profile_ref", pa.list_(pa.float32()), "probability of a cut after each of the 205 bases, reference"
            ),
            _column("profile_alt", pa.list_(pa.float32()), "the same, alternate"),
            _column(
                "effects",
                pa.list_(pa.float32()),
                "change of the narrow log odds by A, C, G and T, 205 places each; NaN for the base that is there",
                "ln",
            ),
        ),
    ),
    "genotyped_alleles": Table(
        "shards/{shard}/genotyped_alleles.parquet",
        "scored allele whose genotypes are read, with `min_genotype_effect`",
        (*_ALLELE,),
    ),
    "carriers": Table("shards/{shard}/people.zip", "scored allele", (*_ALLELE, *_GENOTYPES)),
    "site_haplotypes": Table(
        "shards/{shard}/site_haplotypes.parquet",
        "site and set of variants that one haplotype has there",
        (
            _SITE_ID,
            _column("haplotype", pa.int32(), "number of the set at the site, from 1"),
            _column(
                "same_as", pa.int32(), "number of the first set with the same changes and window, spelled otherwise"
            ),
            _column("alleles", pa.list_(pa.int32()), "the set, as rows of alleles.parquet, from 0"),
            *_HAPLOTYPE_COUNTS,
            _column("anchor", pa.string(), "as in alleles.parquet; null where the variants contradict one another"),
            _column(
                "window_alt", pa.string(), "the 205 nt with all of them in place; null there, and for a single one"
            ),
        ),
    ),
    "haplotype_counts": Table(
        "shards/{shard}/people.zip",  # and in results/merge
        "site and set of two or more variants that people have there: what `pasvar merge` needs of the haplotypes",
        (
            _SITE_ID,
            _column("carried", pa.bool_(), "whether anybody has a variant at the site"),
            _column(
                "variants",
                pa.list_(pa.string()),
                "the set in its first spelling, as in haplotypes.parquet; none at all: all people with a call at the site",
            ),
            _column(
                "phased",
                pa.bool_(),
                "whether they are on one haplotype; else the people are those of unknown phase who have just these changes",
            ),
            _column("window_alt", pa.string(), "as in site_haplotypes.parquet"),
            _column("n_people", pa.int32(), "how many people", "people"),
            _column("n_copies", pa.int32(), "copies of the haplotype; of no variants all haplotypes; 0 unless phased"),
        ),
    ),
    "people_digests": Table(
        "merge/people_digests.parquet",
        "person of the cohort, in no order of theirs",
        (
            _column(
                "sample_sha256",
                pa.string(),
                "sha256 of the name, in hex, by which `pasvar merge` sees who is there twice",
            ),
        ),
    ),
    "people": Table(
        "shards/{shard}/people.zip",
        "person of the VCF files that the shard reads, by name",
        (_column("sample", pa.string(), "name in the VCF"),),
    ),
    "sample_haplotypes": Table(
        "shards/{shard}/people.zip",
        "site, person and haplotype that is not the reference; of unknown phase, copy of a variant",
        (
            _SITE_ID,
            _column("person", pa.int32(), "place among the cohort's people by name, from 0"),
            _column(
                "copy",
                pa.int8(),
                "number of the haplotype in the genotypes, from 1; 0 where the phase is unknown; variants that contradict one "
                "another have a row each",
            ),
            _column("haplotype", pa.int32(), "the set of variants, by its number in site_haplotypes.parquet"),
            _column("ploidy", pa.int8(), "the person's haplotypes there, by the calls with variants"),
            _column(
                "phase_set",
                pa.int32(),
                "number of the phase set, from 1, of which a record's calls without phase have one of their own; 0: none is "
                "needed, for all haplotypes are equal; -1: unknown phase",
            ),
            _column(
                "mixed_ploidy", pa.bool_(), "whether the person's calls with variants there have different ploidies"
            ),
        ),
    ),
    "haplotype_scores": Table(
        "shards/{shard}/allele_scores.zip",
        "haplotype with a joint window, as in site_haplotypes.parquet",
        (
            _SITE_ID,
            _column("haplotype", pa.int32(), "number of the set at the site"),
            *_alternate([*_LOGODDS, *_CUT_SCORES]),
        ),
    ),
    "gene_carriers": Table(
        "shards/{shard}/effects.zip",
        "gene",
        (
            _GENE[0],
            _column("carriers", pa.int32(), "people with at least one strong allele of the gene", "people"),
            _column(
                "counted", pa.int32(), "those who are known to have one, also where others are not known", "people"
            ),
        ),
    ),
    "unscored_changes": Table(
        "shards/{shard}/ledger.zip",  # and in results/merge
        "gene and change that touches a window of it and was not scored in any spelling: what `pasvar merge` needs to count them",
        (
            _GENE[0],
            _CHROM,
            _column(
                "norm_pos", pa.int64(), "POS of the normal form where there is one, else of the first base", "1-based"
            ),
            _column("norm_ref", pa.string(), "REF, likewise; else as spelled"),
            _column("norm_alt", pa.string(), "ALT, likewise"),
        ),
    ),
    "gene_counts": Table(
        "shards/{shard}/ledger.zip",
        "gene",
        (
            _GENE[0],
            _column(
                "n_alleles",
                pa.int64(),
                "input alleles that touch a window of the gene, whatever their status; spellings of one change count once",
            ),
            _column("n_scored", pa.int64(), "those of them that were scored"),
        ),
    ),
    "sites": Table("sites.parquet", "site and gene", (*_SITES, *_RIVAL, *_SITE_SCORES)),
    "scores": Table(
        "scores.parquet",
        "allele and site and gene",
        (
            *_PAIR,
            *_GENE,
            _STRAND,
            *_PLACE,
            _LOGODDS_NARROW_REF,
            _column("logodds_narrow_alt", pa.float32(), "the same, alternate", "ln"),
            _DELTA_LOGODDS_NARROW,
            _OTHER_SIDE,
            _LOGODDS_REF,
            _column("logodds_alt", pa.float32(), "the same, alternate", "ln"),
            _DELTA_LOGODDS,
            *_ERROR_BAR,
            _column(
                "usage_ref", pa.float32(), "share of the gene's 3' ends made at the site in the reference", "share"
            ),
            _DELTA_SITE,
            _DELTA_USAGE,
            *_HEXAMERS,
            *_CONTEXT,
            *_GENOTYPES,
        ),
    ),
    "saturation": Table(
        "saturation.parquet",
        "possible SNV and site and gene: `snakemake saturation`",
        (
            *_ALLELE,
            _SITE_ID,
            *_GENE,
            _STRAND,
            _WINDOW_INDEX,
            _REGION,
            _LOGODDS_NARROW_REF,
            _DELTA_LOGODDS_NARROW,
            _LOGODDS_REF,
            _DELTA_LOGODDS,
            *_ERROR_BAR,
            _DELTA_USAGE,
            *_HEXAMERS,
            *_CONTEXT,
        ),
    ),
    "gene_effects": Table(
        "gene_effects.parquet",
        "allele and gene",
        (
            *_NAMED_ALLELE,
            *_GENE,
            _STRAND,
            _column("n_sites", pa.int16(), "sites of the gene"),
            _column(
                "n_sites_hit",
                pa.int16(),
                "those whose window the allele changes; of a structural change, those that it removes or doubles",
            ),
            _column(
                "site_id",
                pa.string(),
                "the site with the largest |delta_logodds_narrow|, then the most proximal; for a structural change the one "
                "that is used most",
            ),
            _column(
                "region",
                pa.string(),
                "where in that site's window, as in scores; null, as scores are, of a structural change",
            ),
            *_HEXAMERS,
            _LOGODDS_NARROW_REF,
            _column("delta_logodds_narrow", pa.float32(), "the signed effect there", "ln"),
            _OTHER_SIDE,
            _column("delta_logodds", pa.float32(), "the wide effect there", "ln"),
            *_ERROR_BAR,
            _column("site_ids", pa.list_(pa.string()), "all sites of the gene, proximal to distal"),
            _column(
                "usage_ref", pa.list_(pa.float32()), "the gene's usage vector in the reference, sums to 1", "share"
            ),
            _column("usage_alt", pa.list_(pa.float32()), "the same with the allele", "share"),
            _column("usage_measured", pa.bool_(), "the usages come from an atlas; else they are predicted"),
            _column("delta_pdui", pa.float32(), "change of the usage of the most distal site that is used", "share"),
            _column("delta_pdui_low", pa.float32(), "the lowest within the error bars of the effects", "share"),
            _column("delta_pdui_high", pa.float32(), "the highest within the error bars of the effects", "share"),
            _column(
                "delta_utr_length",
                pa.float32(),
                "change of the expected 3' UTR length; null where no site has one",
                "nt",
            ),
            _column("delta_utr_length_low", pa.float32(), "the lowest within the error bars of the effects", "nt"),
            _column("delta_utr_length_high", pa.float32(), "the highest within the error bars of the effects", "nt"),
            _column(
                "total_variation",
                pa.float32(),
                "half the sum of all |usage_alt - usage_ref|: the share that moves",
                "share",
            ),
            _column(
                "delta_cleavage",
                pa.float32(),
                "change of the share of transcripts that are cut at the gene's only site, relative to the reference; null "
                "where several sites are used",
                "share",
            ),
            _column(
                "impact",
                pa.float32(),
                "share of the gene's 3' ends that moves: total_variation; where one site is used, the cleavage lost or gained "
                "there, as a share of the larger of before and after; 1 where no site that is used is left",
                "share",
            ),
            _column("confidence", pa.float32(), "probability that the site whose change moves most is real", "share"),
            _column(
                "expected_impact",
                pa.float32(),
                "impact times confidence (1 if it is not known); alleles are ranked by this",
                "share",
            ),
            _column("direction", pa.string(), "which way the 3' ends move: one of the directions below"),
            _column("gaining_site", pa.string(), "the site whose usage grows most; null where nothing changes"),
            _column("losing_site", pa.string(), "the site whose usage shrinks most; null where nothing changes"),
            _column(
                "delta_truncated",
                pa.float32(),
                "change of the share of 3' ends made before a stop codon (in introns and coding exons), which lack part of "
                "the protein",
                "share",
            ),
            _column(
                "utr_lost",
                pa.float32(),
                "3' UTR that is lost with an end at the gaining site instead of the losing site; null if not known",
                "nt",
            ),
            _column(
                "coding_lost", pa.float32(), "coding sequence that it lacks, of the gene's longest CDS; likewise", "nt"
            ),
            _column("flags", pa.string(), "the flags of the site `site_id`, joined by &; null if there are none"),
            _column("top_tissue", pa.string(), "the tissue in which most 3' ends change place; null without tissues"),
            _column("top_tissue_total_variation", pa.float32(), "total_variation there", "share"),
            _column("top_tissue_delta_pdui", pa.float32(), "delta_pdui there", "share"),
            *_GENOTYPES,
            _column(
                "mechanism",
                pa.string(),
                "the element of the site `site_id` that is changed: one of the mechanisms below",
            ),
            _column(
                "structural_end",
                pa.int64(),
                "last base that a structural change deletes or duplicates; null for scored alleles",
                "1-based",
            ),
            _column(
                "copies",
                pa.int16(),
                "number of copies of the affected sites on a structural allele: 0 deleted, 2 or more duplicated; null for "
                "scored alleles",
            ),
        ),
    ),
    "tissue_effects": Table(
        "tissue_effects.parquet",
        "strong allele, gene and tissue",
        (
            *_ALLELE,
            *_GENE,
            _column("tissue", pa.string(), "tissue or cell type"),
            _column("site_ids", pa.list_(pa.string()), "all sites of the gene, proximal to distal"),
            _column("usage_ref", pa.list_(pa.float32()), "usage vector in the tissue, reference", "share"),
            _column("usage_alt", pa.list_(pa.float32()), "the same with the allele", "share"),
            _column("delta_pdui", pa.float32(), "change of the most distal site's usage", "share"),
            _column("delta_utr_length", pa.float32(), "change of the expected 3' UTR length", "nt"),
            _column("total_variation", pa.float32(), "half the sum of all |usage_alt - usage_ref|", "share"),
        ),
    ),
    "new_sites": Table(
        "new_sites.parquet",
        "allele, place where it makes a site, and gene",
        (
            *_ALLELE,
            _column("id", pa.string(), "ID of the VCF record"),
            _AF,
            *_GENE,
            _SITE_ID,
            _STRAND,
            _column("cut_pos", pa.int64(), "the likeliest cut with the allele, in the reference", "1-based"),
            _column("site_class", pa.string(), "where in the gene the cut lies, as in sites"),
            _column("source", pa.string(), "variant"),
            *_NEW_HEXAMER,
            _column("logodds_narrow_ref", pa.float32(), "narrow log odds at the place, reference", "ln"),
            _column("logodds_narrow_alt", pa.float32(), "the same, alternate", "ln"),
            _column("delta_logodds_narrow", pa.float32(), "alternate minus reference: the gain", "ln"),
            _column("logodds_ref", pa.float32(), "wide log odds, reference", "ln"),
            _column("logodds_alt", pa.float32(), "the same, alternate", "ln"),
            _column("delta_logodds", pa.float32(), "alternate minus reference", "ln"),
            _column("strength", pa.float32(), "share of the catalogue's sites that are weaker than this one", "share"),
            _column(
                "usage_ref",
                pa.float32(),
                "share of the gene's 3' ends at the place in the reference: the predicted share of the passing transcripts "
                "that is cut there",
                "share",
            ),
            _column("usage_alt", pa.float32(), "the same with the allele", "share"),
            _column("delta_usage", pa.float32(), "its change", "share"),
            _column("impact", pa.float32(), "share of the gene's 3' ends that moves", "share"),
            _column(
                "confidence",
                pa.float32(),
                "probability that the place is a site with the allele; null where it is not known",
                "share",
            ),
            _column("expected_impact", pa.float32(), "impact times confidence (1 where it is not known)", "share"),
            _column("delta_pdui", pa.float32(), "change of the most distal site's usage", "share"),
            _column("delta_utr_length", pa.float32(), "change of the expected 3' UTR length", "nt"),
            _column(
                "utr_length", pa.float32(), "3' UTR length of what ends at the new site; null before a stop codon", "nt"
            ),
            _column("truncating", pa.bool_(), "the new cut lies before a stop codon"),
            *_GENOTYPES,
        ),
    ),
    "known": Table(
        "known.parquet",
        "scored allele, source of config key `known` that has it, and field",
        (
            *_ALLELE,
            _column("source", pa.string(), "name of the source"),
            _column("id", pa.string(), "ID of its record; null where it has none; of several records joined by `; `"),
            _column("field", pa.string(), "key of INFO, or ID, QUAL or FILTER"),
            _column(
                "value",
                pa.string(),
                "its value for this allele, as the source has it; null where it has none; of several records joined by `; `",
            ),
            _column(
                "number",
                pa.float64(),
                "the same of a field that the source's header calls a number; of several the largest; null else",
            ),
            _column(
                "hides",
                pa.bool_(),
                "number is above `hide_above`: the allele is left out of report, ranking and burden tests",
            ),
        ),
    ),
    "exons": Table(
        "sites/exons.parquet",
        "exon of a transcript",
        (
            _column("transcript_id", pa.string(), "transcript_id of the GTF"),
            *_GENE,
            _CHROM,
            _STRAND,
            _column("start", pa.int64(), "start of the exon", "0-based"),
            _column("end", pa.int64(), "end of the exon", "half-open"),
            _column("coding_start", pa.float64(), "start of the transcript's CDS on the forward strand", "0-based"),
            _column("coding_end", pa.float64(), "end of the CDS with its stop codon", "half-open"),
        ),
    ),
    "genes": Table(
        "genes.parquet",
        "gene with a site",
        (
            *_GENE,
            _CHROM,
            _STRAND,
            _column("n_sites", pa.int16(), "sites of the gene"),
            _column(
                "n_alleles",
                pa.int64(),
                "input alleles that touch a window of the gene, whatever their status; spellings of one change count once",
            ),
            _column("n_scored", pa.int64(), "those of them that were scored"),
            _column("n_strong", pa.int64(), "scored alleles with |delta_logodds_narrow| of at least `min_effect`"),
            _column(
                "max_abs_delta_logodds_narrow", pa.float32(), "the largest effect, unsigned; null without alleles", "ln"
            ),
            _column("max_expected_impact", pa.float32(), "the largest expected impact; null without alleles", "share"),
            _column("top_variant", pa.string(), "the allele that has it, `chrom:pos:ref:alt`"),
            _column("top_variant_id", pa.string(), "its ID in the VCF"),
            _column(
                "top_variant_known",
                pa.string(),
                "its entries in the sources of config key `known`, `source field=value` joined by `, `; null where nothing",
            ),
            _column("top_impact", pa.float32(), "its impact", "share"),
            _column("top_direction", pa.string(), "its direction"),
            _column("top_delta_logodds_narrow", pa.float32(), "its effect at the site that it hits hardest", "ln"),
            _column("top_site", pa.string(), "that site"),
            _column("carriers", pa.int32(), "people with at least one strong allele; null without genotypes", "people"),
        ),
    ),
    "haplotypes": Table(
        "haplotypes.parquet",
        "site and gene and set of two or more variants that one haplotype of the cohort has",
        (
            _CHROM,
            _SITE_ID,
            *_GENE,
            _STRAND,
            _column("variants", pa.list_(pa.string()), "the set, by position, each `chrom:pos:ref:alt` as in the VCF"),
            _column("n_variants", pa.int16(), "their number"),
            *_HAPLOTYPE_COUNTS,
            _column(
                "frequency",
                pa.float32(),
                "haplotype_count by haplotype_number; null where phase is missing (n_unphased above 0)",
                "share",
            ),
            _column(
                "anchor",
                pa.string(),
                "as in scores; null, as all effects, where the variants contradict one another because they overlap",
            ),
            _column("hexamer_ref", pa.string(), "the six bases at index 70, reference"),
            _column("hexamer_alt", pa.string(), "the six bases at index 70, with all variants"),
            _column("logodds_narrow_ref", pa.float32(), "as in scores", "ln"),
            _column("delta_logodds_narrow", pa.float32(), "effect of all variants together", "ln"),
            _column("sum_delta_logodds_narrow", pa.float32(), "sum of the effects that each has alone", "ln"),
            _column("interaction_narrow", pa.float32(), "together minus sum", "ln"),
            _column("delta_logodds", pa.float32(), "effect of all variants together, whole window", "ln"),
            _column("sum_delta_logodds", pa.float32(), "sum of the effects that each has alone, whole window", "ln"),
            _column("interaction", pa.float32(), "together minus sum, whole window", "ln"),
            _column(
                "interacts",
                pa.bool_(),
                "narrow: |interaction| of at least `min_effect`, or together and sum of opposite signs, one of them that strong",
            ),
        ),
    ),
    "samples": Table(
        "samples.parquet",
        "person and gene that changes: on one haplotype, or in the usage of a site",
        (
            _column("sample", pa.string(), "name in the VCF"),
            _CHROM,
            *_GENE,
            _STRAND,
            _column(
                "site_id", pa.string(), "the site with the largest |effect| on one haplotype, then the most proximal"
            ),
            _column(
                "variants",
                pa.list_(pa.string()),
                "variants that the person carries there, by position, `chrom:pos:ref:alt` as in the VCF",
            ),
            _column("copies", pa.list_(pa.int8()), "number of copies of each"),
            _column(
                "ploidy",
                pa.int8(),
                "haplotypes of the person there, by the calls with variants: 1 on a haploid chromosome",
            ),
            _column(
                "mixed_ploidy",
                pa.bool_(),
                "the calls with variants there have different ploidies (`1` and `0/1`); each counts with its own ploidy",
            ),
            _column(
                "phased",
                pa.bool_(),
                "whether it is known which of the variants there share a haplotype; else each counts alone, copy by copy",
            ),
            _column(
                "delta_logodds_narrow_1",
                pa.float32(),
                "effect of the first haplotype on the site, all its variants together, with the rival hexamers that they hit; "
                "null unless phased, for more than two haplotypes, and where its variants contradict one another",
                "ln",
            ),
            _column(
                "delta_logodds_narrow_2", pa.float32(), "of the second haplotype; null for a haploid call too", "ln"
            ),
            _column("delta_logodds_narrow", pa.float32(), "mean effect of the person's haplotypes there", "ln"),
            _column("delta_usage", pa.float32(), "change of that site's usage, mean of the haplotypes", "share"),
            _column(
                "delta_pdui", pa.float32(), "change of the most distal site's usage, mean of the haplotypes", "share"
            ),
            _column(
                "delta_utr_length",
                pa.float32(),
                "change of the expected 3' UTR length, mean of the haplotypes; null where no site has one",
                "nt",
            ),
        ),
    ),
    "ledger": Table(
        "ledger.parquet",
        "input allele",
        (
            *_ALLELE,
            _column("status", pa.string(), "; ".join(STATUSES)),
            _column("n_sites", pa.int16(), "sites whose window the allele touches"),
            _column("vcf", pa.string(), "name of the VCF file"),
            _column("id", pa.string(), "ID of the VCF record"),
            _column(
                "reason",
                pa.string(),
                "why: of structural, cuts_gene, symbolic and too_long, and where it says more than the status; null else",
            ),
        ),
    ),
    "vcf_counts": Table(
        "shards/{shard}/ledger.zip",
        "VCF file and contig",
        (
            _column("vcf", pa.string(), "name of the VCF file"),
            _CHROM,
            _column("n_records", pa.int64(), "records read"),
            _column("n_no_alt", pa.int64(), "those without an ALT, which have no allele"),
            _column("n_alleles", pa.int64(), "alleles of the rest"),
            _column("n_swapped", pa.int64(), "those that are ref_mismatch and have in ALT what the FASTA has"),
        ),
    ),
}
"""All tables by name. Those of `USER_TABLES` and `EXTRA_TABLES` are for users, the rest lie between rules."""

USER_TABLES = (
    *("sites", "tissue_usage", "scores", "haplotypes", "gene_effects", "tissue_effects", "new_sites"),
    *("genes", "samples", "known", "ledger"),
)

EXTRA_TABLES = ("saturation",)
"""Tables for users that no run makes unasked."""

SCORED_ALLELES = ("scores", "saturation")
"""Tables with effects of alleles, from which a VCF can be annotated."""
