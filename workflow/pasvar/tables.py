"""Every table of pasvar: its columns, their types, units and meanings, and the only code that reads or writes one.

A table's schema is the contract with the user. An empty table has the same schema as a full one, and the same rows
give the same bytes: the row groups have a fixed size, and what pyarrow would add of its own (a pandas index) is left out.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pasvar import __version__
from pasvar.errors import DamagedFile, InputError
from pasvar.files import whole

ROW_GROUP_SIZE = 100_000

STATUSES = {
    "scored": "the allele touches at least one window and has a row per site and gene in scores.parquet",
    "no_site_in_range": "a sound allele outside every window",
    "ref_mismatch": "REF is not what the FASTA has there",
    "contig_unknown": "the FASTA has no such contig, also not with or without `chr`",
    "symbolic": "a symbolic allele (<DEL>, <CN0>) or a breakend, which names no sequence",
    "star": "the `*` allele: the base is missing because of another record's deletion",
    "non_acgt": "REF or ALT has letters other than A C G T (upper or lower case)",
    "too_long": "longer than `max_allele_length` (REF or ALT, after trimming what they share)",
    "chrom_end": "REF reaches past an end of the contig",
    "filtered": "sound, but config key `filters`, `min_af`, `max_af` or `regions` leaves it out",
    "duplicate": "the same chrom, pos, ref and alt stood in an earlier record",
}
"""The ledger's statuses, each allele has exactly one; where several fit, the order of `variants.classify` decides."""

SITE_CLASSES = {
    "3utr": "in the exonic 3' UTR of one of the gene's transcripts",
    "extended": "downstream of the gene's last annotated end, within `extension` nt and outside other genes of the strand",
    "cds": "at the end of an incomplete coding transcript",
    "noncoding": "in an exon of a gene without a CDS",
    "exon": "in another exon of a coding gene, coding or 5' of it",
    "intron": "in no exon, within the gene",
    "intergenic": "in no gene; it is given one of its own",
}
"""Where a site lies, best first: where several transcripts or sources differ, the first that fits counts."""

MECHANISMS = {
    "hexamer": "the hexamer becomes another one, or none, or there is one where there was none",
    "upstream_element": "upstream of the hexamer, and the UGUA or the U-rich words in their zone become fewer or more",
    "downstream_element": "downstream of the cut, and the GU-rich or the U-rich words in their zone become fewer or more",
    "cleavage_site": "none of these, at most 3 nt from the last base before the cut",
    "other": "none of these",
}
"""What of a site an allele hits, in the order in which it is decided; `pasvar.motifs` has zones and words with their sources."""

FLAGS = {
    "hexamer_changed": "the six bases at the hexamer's place are others",
    "hexamer_indel": "an indel hits the hexamer, so that none could keep its place",
    "opposite_signs": "narrow and wide effect have opposite signs",
    "weak_reference": "the reference site is very weak (logodds_narrow_ref below -4.6): predictions are less precise there",
}
"""Reasons to look twice at an effect."""


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
    "allele frequency: of the genotypes where there are any, else INFO/AF, else INFO/AC by INFO/AN",
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


_PAIR = [
    *_ALLELE,
    _column("id", pa.string(), "ID of the VCF record"),
    _column(
        "norm_pos", pa.int64(), "POS of the normal form (minimal, left-aligned, as bcftools norm writes it)", "1-based"
    ),
    _column("norm_ref", pa.string(), "REF of the normal form"),
    _column("norm_alt", pa.string(), "ALT of the normal form"),
    _AF,
    _SITE_ID,
]
_WINDOW_INDEX = _column(
    "window_index",
    pa.int16(),
    "first base changed, counted along the transcribed strand; the hexamer is 70-75",
    "nt",
)
_REGION = _column("region", pa.string(), "upstream, hexamer, hexamer_to_cut or downstream (of the cut)")
_PLACE = [
    _WINDOW_INDEX,
    _REGION,
    _column(
        "anchor",
        pa.string(),
        "hexamer: it keeps its place; downstream or upstream: an indel hits the hexamer, so that side keeps its place",
    ),
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
_DELTA_USAGE = _column("delta_usage", pa.float32(), "change of the site's usage were no other site to respond", "share")
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
_CONTEXT = [
    _column("delta_cut_mean", pa.float32(), "shift of the mean cut, downstream is positive", "nt"),
    _column(
        "delta_cut_entropy", pa.float32(), "change of the entropy of where the cut lies, sharper is negative", "bits"
    ),
    _column("mechanism", pa.string(), "what of the site is hit: one of the mechanisms below"),
    _column("motif_lost", pa.string(), "motifs of which the alternate has fewer, joined by &; null where none"),
    _column("motif_gained", pa.string(), "motifs of which the alternate has more, joined by &; null where none"),
    _PERCENTILE,
    _column("flags", pa.string(), "the flags below that are set, joined by &; null where none"),
]
_GENOTYPES = [
    _column("n_carriers", pa.int32(), "people with at least one copy; null without genotypes", "people"),
    _column("allele_count", pa.int32(), "copies among the called alleles; null without genotypes"),
    _column("allele_number", pa.int32(), "called alleles; null without genotypes"),
]
_NEW_HEXAMER = [
    _column("hexamer_pos", pa.int64(), "first base of the new hexamer along the strand, in the reference", "1-based"),
    _column("hexamer_ref", pa.string(), "the six bases at that place, reference"),
    _column("hexamer_alt", pa.string(), "the six bases at that place, alternate"),
]
_HAPLOTYPE_COUNTS = [
    _column("n_carriers", pa.int32(), "people with the haplotype, of those with known phase", "people"),
    _column("haplotype_count", pa.int32(), "copies of the haplotype among them"),
    _column("haplotype_number", pa.int32(), "haplotypes at the site of all people with a call there and known phase"),
    _column(
        "n_unphased",
        pa.int32(),
        "people who have all of the variants with unknown phase, and count in no haplotype",
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
    _column("hexamer", pa.string(), "the core signal on the transcribed strand"),
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
    _column("source", pa.string(), "where the site comes from: gtf, the names of atlases, or several joined by +"),
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
)
_SITE_SCORES = (
    *_LOGODDS,
    *_CUT_SCORES,
    _column("usage_ref", pa.float32(), "share of the gene's 3' ends made here in the reference, sums to 1", "share"),
    _column("usage_low", pa.float32(), "the lowest usage by the four published fits; null where measured", "share"),
    _column("usage_high", pa.float32(), "the highest usage by the four published fits; null where measured", "share"),
)

TABLES = {
    "contigs": Table(
        "reference/contigs.parquet",
        "contig of the FASTA",
        (_CHROM, _column("length", pa.int64(), "length of the contig", "nt")),
    ),
    "catalogue": Table("sites/catalogue.parquet", "site and gene, before the model has seen it", _SITES),
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
        ),
    ),
    "window_scores": Table("scores/windows.parquet", "site", (_SITE_ID, *_LOGODDS, *_CUT_SCORES)),
    "store": Table(
        "{store}/{kind of engine}/{digest}.parquet",
        "window that was scored once",
        (_column("window", pa.binary(16), "digest of the 205 nt"), *_LOGODDS, *_CUT_SCORES),
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
        "shards/{shard}/alleles.parquet",
        "allele and site",
        (
            *_PAIR,
            *_PLACE,
            _column("window_alt", pa.string(), "the 205 nt of the transcribed strand with the allele in place"),
        ),
    ),
    "allele_scores": Table(
        "shards/{shard}/allele_scores.parquet",
        "allele and site, as in alleles.parquet",
        (
            *_ALLELE,
            _SITE_ID,
            *_alternate([*_LOGODDS, *_CUT_SCORES]),
            _PERCENTILE,
        ),
    ),
    "candidates": Table(
        "shards/{shard}/candidates.parquet",
        "allele and place where it may make a site",
        (
            *_ALLELE,
            _column("id", pa.string(), "ID of the VCF record"),
            _column("af", pa.float32(), "INFO/AF", "share"),
            _STRAND,
            *_NEW_HEXAMER,
            _column("window_ref", pa.string(), "the 205 nt with that place at index 70, reference"),
            _column("window_alt", pa.string(), "the same, alternate"),
        ),
    ),
    "candidate_scores": Table(
        "shards/{shard}/candidate_scores.parquet",
        "allele and place, as in candidates.parquet",
        (
            *_ALLELE,
            _NEW_HEXAMER[0],
            *(_column(f"{c.name}_ref", c.type, "of the reference window", c.metadata[b"unit"]) for c in _LOGODDS),
            *_alternate([*_LOGODDS, *_CUT_SCORES]),
        ),
    ),
    "saturation_scores": Table(
        "shards/{shard}/saturation_scores.parquet",  # and hit_saturation.parquet, of the sites that alleles hit
        "possible SNV and site",
        (*_ALLELE, _SITE_ID, _WINDOW_INDEX, *_alternate([*_LOGODDS, *_CUT_SCORES])),
    ),
    "carriers": Table("shards/{shard}/carriers.parquet", "scored allele", (*_ALLELE, *_GENOTYPES)),
    "site_haplotypes": Table(
        "shards/{shard}/site_haplotypes.parquet",
        "site and set of variants that one haplotype has there",
        (
            _SITE_ID,
            _column("haplotype", pa.int32(), "number of the set at the site, from 1"),
            _column("alleles", pa.list_(pa.int32()), "the set, as rows of alleles.parquet, from 0"),
            *_HAPLOTYPE_COUNTS,
            _column("anchor", pa.string(), "as in alleles.parquet; null where the variants contradict one another"),
            _column(
                "window_alt", pa.string(), "the 205 nt with all of them in place; null there, and for a single one"
            ),
        ),
    ),
    "carried": Table(
        "shards/{shard}/carried.parquet",
        "site, person and haplotype that is not the reference; of unknown phase, copy of a variant",
        (
            _SITE_ID,
            _column("person", pa.int32(), "place among the cohort's people by name, from 0"),
            _column(
                "copy", pa.int8(), "number of the haplotype in the genotypes, from 1; 0 where the phase is unknown"
            ),
            _column("haplotype", pa.int32(), "the set of variants, by its number in site_haplotypes.parquet"),
            _column("ploidy", pa.int8(), "the person's haplotypes there"),
            _column(
                "phase_set",
                pa.int32(),
                "number of the phase set, from 1; 0: none is needed, for all haplotypes are equal; -1: one heterozygous call "
                "without one; -2: unknown phase",
            ),
        ),
    ),
    "haplotype_scores": Table(
        "shards/{shard}/haplotype_scores.parquet",
        "haplotype with a joint window, as in site_haplotypes.parquet",
        (
            _SITE_ID,
            _column("haplotype", pa.int32(), "number of the set at the site"),
            *_alternate([*_LOGODDS, *_CUT_SCORES]),
        ),
    ),
    "gene_carriers": Table(
        "shards/{shard}/gene_carriers.parquet",
        "gene",
        (
            _GENE[0],
            _column("carriers", pa.int32(), "people with at least one strong allele of the gene", "people"),
        ),
    ),
    "gene_counts": Table(
        "shards/{shard}/gene_counts.parquet",
        "gene",
        (
            _GENE[0],
            _column("n_alleles", pa.int64(), "input alleles that touch a window of the gene, whatever their status"),
            _column("n_scored", pa.int64(), "those of them that were scored"),
        ),
    ),
    "sites": Table("sites.parquet", "site and gene", (*_SITES, *_SITE_SCORES)),
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
            _LOGODDS_REF,
            _column("logodds_alt", pa.float32(), "the same, alternate", "ln"),
            _DELTA_LOGODDS,
            _column(
                "usage_ref", pa.float32(), "share of the gene's 3' ends made at the site in the reference", "share"
            ),
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
            _DELTA_USAGE,
            *_HEXAMERS,
            *_CONTEXT,
        ),
    ),
    "gene_effects": Table(
        "gene_effects.parquet",
        "allele and gene",
        (
            *_ALLELE,
            _column("id", pa.string(), "ID of the VCF record"),
            _AF,
            *_GENE,
            _STRAND,
            _column("n_sites", pa.int16(), "sites of the gene"),
            _column("n_sites_hit", pa.int16(), "those whose window the allele changes"),
            _column("site_id", pa.string(), "the site hit hardest: largest |delta_logodds_narrow|, then most proximal"),
            _column("region", pa.string(), "where in that site's window, as in scores"),
            _column("delta_logodds_narrow", pa.float32(), "the signed effect there", "ln"),
            _column("delta_logodds", pa.float32(), "the wide effect there", "ln"),
            _column("site_ids", pa.list_(pa.string()), "all sites of the gene, proximal to distal"),
            _column(
                "usage_ref", pa.list_(pa.float32()), "the gene's usage vector in the reference, sums to 1", "share"
            ),
            _column("usage_alt", pa.list_(pa.float32()), "the same with the allele", "share"),
            _column("usage_measured", pa.bool_(), "the usages come from an atlas, not from the published regression"),
            _column("delta_pdui", pa.float32(), "change of the most distal site's usage", "share"),
            _column("delta_pdui_low", pa.float32(), "the lowest by the four published fits; null if measured", "share"),
            _column(
                "delta_pdui_high", pa.float32(), "the highest by the four published fits; null if measured", "share"
            ),
            _column(
                "delta_utr_length",
                pa.float32(),
                "change of the expected 3' UTR length; null where no site has one",
                "nt",
            ),
            _column("delta_utr_length_low", pa.float32(), "the lowest by the four fits; null if measured", "nt"),
            _column("delta_utr_length_high", pa.float32(), "the highest by the four fits; null if measured", "nt"),
            _column(
                "total_variation",
                pa.float32(),
                "half the sum of all |usage_alt - usage_ref|: what changes place",
                "share",
            ),
            _column(
                "direction",
                pa.string(),
                "shortening or lengthening of the expected 3' UTR (of the distal usage where no site has a 3' UTR); "
                "none below `min_usage_shift`",
            ),
            _column("gaining_site", pa.string(), "the site whose usage grows most; null where nothing changes"),
            _column("losing_site", pa.string(), "the site whose usage shrinks most; null where nothing changes"),
            _column(
                "delta_truncated",
                pa.float32(),
                "change of the share of 3' ends made before a stop codon (in introns and coding exons), which lack part of "
                "the protein",
                "share",
            ),
            _column("top_tissue", pa.string(), "the tissue in which most 3' ends change place; null without tissues"),
            _column("top_tissue_total_variation", pa.float32(), "total_variation there", "share"),
            _column("top_tissue_delta_pdui", pa.float32(), "delta_pdui there", "share"),
            *_GENOTYPES,
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
                "usage_ref", pa.float32(), "predicted share of the gene's 3' ends at the place, reference", "share"
            ),
            _column("usage_alt", pa.float32(), "the same with the allele", "share"),
            _column("delta_usage", pa.float32(), "its change", "share"),
            _column("delta_pdui", pa.float32(), "change of the most distal site's usage", "share"),
            _column("delta_utr_length", pa.float32(), "change of the expected 3' UTR length", "nt"),
            _column(
                "utr_length", pa.float32(), "3' UTR length of what ends at the new site; null before a stop codon", "nt"
            ),
            _column("truncating", pa.bool_(), "the new cut lies before a stop codon"),
            *_GENOTYPES,
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
            _column("n_alleles", pa.int64(), "input alleles that touch a window of the gene, whatever their status"),
            _column("n_scored", pa.int64(), "those of them that were scored"),
            _column("n_strong", pa.int64(), "scored alleles with |delta_logodds_narrow| of at least `min_effect`"),
            _column(
                "max_abs_delta_logodds_narrow", pa.float32(), "the largest effect, unsigned; null without alleles", "ln"
            ),
            _column("top_delta_logodds_narrow", pa.float32(), "the same effect with its sign", "ln"),
            _column("top_variant", pa.string(), "the allele that has it, `chrom:pos:ref:alt`"),
            _column("top_variant_id", pa.string(), "its ID in the VCF"),
            _column("top_site", pa.string(), "the site where it has it"),
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
            _column("frequency", pa.float32(), "haplotype_count by haplotype_number", "share"),
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
                "site_id", pa.string(), "the site hit hardest: largest |effect| on one haplotype, then most proximal"
            ),
            _column(
                "variants",
                pa.list_(pa.string()),
                "what the person carries there, by position, `chrom:pos:ref:alt` as in the VCF",
            ),
            _column("copies", pa.list_(pa.int8()), "number of copies of each"),
            _column("ploidy", pa.int8(), "haplotypes of the person there, 1 on a haploid chromosome"),
            _column(
                "phased",
                pa.bool_(),
                "whether it is known which of the variants there share a haplotype; else each counts alone, copy by copy",
            ),
            _column(
                "delta_logodds_narrow_1",
                pa.float32(),
                "effect of the first haplotype, all its variants together; null unless phased, and for more than two haplotypes",
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
        ),
    ),
    "vcf_counts": Table(
        "shards/{shard}/vcf_counts.parquet",
        "VCF file and contig",
        (
            _column("vcf", pa.string(), "name of the VCF file"),
            _CHROM,
            _column("n_records", pa.int64(), "records read"),
            _column("n_no_alt", pa.int64(), "those without an ALT, which have no allele"),
            _column("n_alleles", pa.int64(), "alleles of the rest"),
        ),
    ),
}
"""All tables by name. Those of `USER_TABLES` and `EXTRA_TABLES` are for users, the rest lie between rules."""

USER_TABLES = (
    *("sites", "tissue_usage", "scores", "haplotypes", "gene_effects", "tissue_effects", "new_sites"),
    *("genes", "samples", "ledger"),
)

EXTRA_TABLES = ("saturation",)
"""Tables for users that no run makes unasked."""

SCORED_ALLELES = ("scores", "saturation")
"""Tables with effects of alleles, from which a VCF can be annotated."""


def empty_frame(name: str) -> pd.DataFrame:
    """A frame of table `name` without rows."""
    return TABLES[name].schema.empty_table().to_pandas()


def to_arrow(frame: pd.DataFrame, name: str) -> pa.Table:
    """The columns of table `name` in order, cast to its schema. Raises KeyError where one is missing."""
    schema = TABLES[name].schema
    missing = [column for column in schema.names if column not in frame.columns]
    if missing:
        raise KeyError(f"table {name}: no column {', '.join(missing)}")
    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False).replace_schema_metadata(None)


def content_sha256(frame: pd.DataFrame, name: str) -> str:
    """sha256 of the rows of table `name`, whatever file, compression or metadata they are in."""
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, TABLES[name].schema.remove_metadata()) as writer:
        writer.write_table(to_arrow(frame, name).combine_chunks())
    return hashlib.sha256(stream.getvalue()).hexdigest()


def write_table(path: str | Path, frame: pd.DataFrame, name: str, made_by: dict[str, str] | None = None) -> None:
    """Write `frame` as table `name`; the file appears whole or not at all."""
    write_batches(path, [to_arrow(frame, name)], name, made_by)


def write_batches(
    path: str | Path, tables: Iterable[pa.Table], name: str, made_by: dict[str, str] | None = None
) -> None:
    """Write arrow tables one after the other into one file, as `table_writer` does."""
    with table_writer(path, name, made_by) as write:
        for table in tables:
            write(table)


@contextmanager
def table_writer(
    path: str | Path, name: str, made_by: dict[str, str] | None = None
) -> Iterator[Callable[[pa.Table], None]]:
    """A function that appends rows to table `name`; the file appears whole when the block ends, or not at all.

    One row group is held in memory. The row groups are cut from the rows alone, so that however the rows were split the bytes
    are the same. `made_by` goes into the file's metadata beside pasvar's version (the model's name and digest, say).
    """
    made_by = {"pasvar_version": __version__, **(made_by or {})}
    schema = TABLES[name].schema.with_metadata({"pasvar": json.dumps(made_by, sort_keys=True)})
    waiting = schema.empty_table()
    options = {"write_page_checksum": True, **TABLES[name].options}
    with whole(path) as beside, pq.ParquetWriter(beside, schema, compression="zstd", **options) as writer:

        def write(table: pa.Table) -> None:
            nonlocal waiting
            waiting = pa.concat_tables([waiting, table.cast(schema)])
            while waiting.num_rows > ROW_GROUP_SIZE:
                writer.write_table(waiting.slice(0, ROW_GROUP_SIZE).combine_chunks(), row_group_size=ROW_GROUP_SIZE)
                waiting = waiting.slice(ROW_GROUP_SIZE)

        yield write
        # Also where there is no row, so that the schema is written.
        writer.write_table(waiting.combine_chunks(), row_group_size=ROW_GROUP_SIZE)


@contextmanager
def open_table(path: str | Path, names: str | Sequence[str]) -> Iterator[pq.ParquetFile]:
    """A file with the table of this name, or of one of these names. Raises DamagedFile where the file, or what is read of it, is
    damaged; InputError where it is another table."""
    with _parquet(path) as file:
        require_schema(file, path, names)
        yield file


def require_schema(file: pq.ParquetFile, path: str | Path, names: str | Sequence[str]) -> None:
    """Raise InputError where an open file is not the table of this name, or of one of these names."""
    names = [names] if isinstance(names, str) else names
    if not any(file.schema_arrow.equals(TABLES[name].schema) for name in names):
        wanted = " or ".join(map(repr, names))
        raise InputError(f"{path}: is not the table {wanted} of pasvar {__version__}; remove it and run again")


@contextmanager
def _parquet(path: str | Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise DamagedFile(path, f"cannot be read as a parquet file ({' '.join(str(error).split())})") from error


def read_arrow(path: str | Path, name: str, columns: list[str] | None = None) -> pa.Table:
    """Table `name` from a file. Raises as `open_table`."""
    with open_table(path, name) as file:
        return file.read(columns=columns)


def read_table(path: str | Path, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """As `read_arrow`, as a frame; integer columns with nulls come as Int64 and the like, never as floats."""
    table = read_arrow(path, name, columns)
    nullable = {
        field.name: field.type
        for field in table.schema
        if pa.types.is_integer(field.type) and table[field.name].null_count
    }
    frame = table.to_pandas()
    for column, dtype in nullable.items():
        frame[column] = pd.array(table[column].to_pylist(), dtype=str(dtype).replace("int", "Int"))
    return frame


def read_pieces(
    path: str | Path, names: str | Sequence[str], columns: Sequence[str] | None = None
) -> Iterator[pd.DataFrame]:
    """As `read_table`, a row group at a time, of a table of one of these names; its integers must have no nulls."""
    with open_table(path, names) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=columns).to_pandas()


def read_made_by(path: str | Path | pq.ParquetFile) -> dict[str, str]:
    """What `write_batches` was told in `made_by`, plus `pasvar_version`."""
    if isinstance(path, pq.ParquetFile):
        return json.loads((path.schema_arrow.metadata or {}).get(b"pasvar", b"{}"))
    with _parquet(path) as file:
        return read_made_by(file)


def gather(paths: Iterable[str | Path], name: str, out: str | Path, made_by: dict[str, str] | None = None) -> int:
    """Join the tables of consecutive shards, in the order given, without holding them; returns the number of rows."""
    n_rows = 0

    def each() -> Iterator[pa.Table]:
        nonlocal n_rows
        for path in paths:
            table = read_arrow(path, name)
            n_rows += table.num_rows
            yield table

    write_batches(out, each(), name, made_by)
    return n_rows


def write_text(path: str | Path, frame: pd.DataFrame, name: str) -> None:
    """As `write_table`, tab-separated, with nulls as empty fields."""
    with whole(path) as beside:
        to_arrow(frame, name).to_pandas().to_csv(
            beside, sep="\t", index=False, float_format="%.6g", lineterminator="\n"
        )


def describe() -> str:
    """Markdown that documents the tables for users (docs/tables.md is made from it)."""
    lines = ["# Tables", "", "Made from `workflow/pasvar/tables.py`; `make docs` writes it anew.", ""]
    for name in (*USER_TABLES, *EXTRA_TABLES):
        table = TABLES[name]
        lines += [
            f"## `results/{table.file}`",
            "",
            f"One row per {table.row}.",
            "",
            "| column | type | unit | meaning |",
        ]
        lines.append("|---|---|---|---|")
        for column in table.columns:
            unit, meaning = (column.metadata[key].decode() for key in (b"unit", b"meaning"))
            lines.append(f"| `{column.name}` | {column.type} | {unit} | {meaning} |")
        lines.append("")
    for title, head, meanings in (
        ("Mechanisms", "mechanism", MECHANISMS),
        ("Flags", "flag", FLAGS),
        ("Statuses of the ledger", "status", STATUSES),
    ):
        lines += [f"## {title}", "", f"| {head} | meaning |", "|---|---|"]
        lines += [*(f"| `{name}` | {meaning} |" for name, meaning in meanings.items()), ""]
    return "\n".join(lines)
