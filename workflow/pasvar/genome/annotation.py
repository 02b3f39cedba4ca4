"""Transcripts of a GTF, whichever dialect it is written in."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.contigs import shorten
from pasvar.counts import plural
from pasvar.errors import InputError
from pasvar.genome.copies import name_copies
from pasvar.genome.fasta import Genome
from pasvar.genome.gtf import read_gtf

_END_NOT_FOUND = "mRNA_end_NF"
"""Tag of transcripts whose 3' end is only where the evidence stops, no polyadenylation site."""

_MRNA = "mRNA"
_NCBI_NAMES = {"protein_coding": _MRNA, "lncRNA": "lnc_RNA"}
"""How NCBI names biotypes of Ensembl; FlyBase has mRNA as a feature."""

_TRANSCRIPT_LINES = ["transcript", _MRNA.lower()]
_CODING = ["cds", "stop_codon"]
_FEATURES = {"gene", "exon", *_TRANSCRIPT_LINES, *_CODING}
_GENE_NAMES = ("gene_name", "gene_symbol", "gene")
_TRANSCRIPT_BIOTYPES = ("transcript_biotype", "transcript_type")
_GENE_BIOTYPES = ("gene_biotype", "gene_type")
_ATTRIBUTES = (
    *("gene_id", "transcript_id", "exon_number", "tag", "gbkey"),
    *(*_GENE_NAMES, *_TRANSCRIPT_BIOTYPES, *_GENE_BIOTYPES),
)

_LONGEST_SLIP = 10
"""nt of exon between the first and the last base of a CDS that may lack one, as where ribosomes slip."""

_TRANSCRIPT = ["transcript_id", "gene_id", "gene_name", "chrom", "strand"]


class Annotation(NamedTuple):
    """What of a GTF pasvar needs.

    transcripts: those with a trustworthy 3' end, a row each: transcript_id, gene_id, gene_name, chrom (the FASTA's name),
        strand, start, end (0-based, half-open), is_coding, utr_length (exonic nt after the stop codon; NaN without a CDS).
        gene_id and transcript_id together name one transcript, whatever copies the file has.
    exons: of these and of the transcripts whose end is not known: transcript_id, gene_id, gene_name, chrom, strand, start,
        end, coding_start, coding_end (the transcript's CDS with its stop codon, on the forward strand; NaN without one).
    notes: lines that say what was left out and why, with the names of the first few.
    """

    transcripts: pd.DataFrame
    exons: pd.DataFrame
    notes: list[str]


def read_annotation(gtf: str | Path, genome: Genome, biotypes: list[str]) -> Annotation:
    """The transcripts of `gtf`.

    biotypes: transcript biotypes to keep, all where empty. A transcript that cannot be used is left out with a note. Raises
    InputError, with the number of the line, where an interval is malformed, and where none of the file's contigs, biotypes or
    transcripts fit.
    """
    path, notes = Path(gtf), list[str]()
    rows = read_gtf(path, _FEATURES, _ATTRIBUTES)
    contigs = rows.chrom.unique()
    rows["chrom"] = rows.chrom.map(dict(zip(contigs, contigs, strict=True)) | genome.names.table(contigs))
    genes = rows[rows.feature == "gene"].drop_duplicates("gene_id").set_index("gene_id")
    rows = _named_once(rows[rows.feature != "gene"], notes)
    transcripts = _of_biotypes(_transcripts(rows, genes, path, notes), biotypes, path, notes)
    transcripts = _on_contigs(transcripts, genome, path, notes)
    parts = _parts(transcripts, rows)
    transcripts = _usable(_measured(transcripts, parts), parts, rows, genome, notes)
    _require_any(transcripts, path, notes)
    exons = _exons(transcripts, parts, notes)
    _require_spans(transcripts, exons, path)
    named, copies_note = name_copies(transcripts, exons)
    notes += copies_note
    if len(named) > 1 and (named.gene_id == named.transcript_id).all():
        notes.append("gene_id is transcript_id throughout: nothing says which transcripts are of one gene")
    exons = exons.join(named[[*_TRANSCRIPT, "coding_start", "coding_end"]], on="transcript")
    return Annotation(
        named.loc[~named.open_ended, [*_TRANSCRIPT, "start", "end", "is_coding", "utr_length"]].reset_index(drop=True),
        exons[[*_TRANSCRIPT, "start", "end", "coding_start", "coding_end"]].reset_index(drop=True),
        notes,
    )


def _require_any(transcripts: pd.DataFrame, path: Path, notes: list[str]) -> None:
    if transcripts.empty:
        raise InputError(f"{path}: no transcript is left: {'; '.join(notes)}")


def _named_once(rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """The lines that name their gene and transcript, each once, with two numbers: `name`, of gene_id, transcript_id and contig,
    and `unit`, of the same on one strand."""
    for missing, other in (("gene_id", "transcript_id"), ("transcript_id", "gene_id")):
        unnamed = rows[missing].str.strip() == ""
        if unnamed.any():
            names = rows[other][unnamed].replace("", "no name").unique()
            notes.append(f"{plural(unnamed.sum(), 'line')} without {missing} left out, with {other} {shorten(names)}")
            rows = rows[~unnamed]
    name = rows.groupby(["gene_id", "transcript_id", "chrom"], sort=False).ngroup()
    rows = rows.assign(name=name, unit=rows.strand.groupby([name, rows.strand], sort=False).ngroup())
    again = rows.duplicated(["unit", "feature", "start", "end"])
    if again.any():
        names = rows.transcript_id[again].unique()
        notes.append(
            f"{plural(again.sum(), 'line')} given twice read once, of {plural(len(names), 'transcript')}: {shorten(names)}"
        )
    return rows[~again]


def _transcripts(rows: pd.DataFrame, genes: pd.DataFrame, path: Path, notes: list[str]) -> pd.DataFrame:
    """A row per transcript in the file's order, indexed by the number of its first line: what `rows` has, gene_name, biotype,
    open_ended and has_line. genes: the lines of genes by gene_id, for what those of transcripts lack."""
    lines = rows[rows.feature.isin(_TRANSCRIPT_LINES)].assign(has_line=True)
    built = _from_exons(rows[(rows.feature == "exon") & ~rows.name.isin(lines.name)])
    if len(built):
        names, n = shorten(built.transcript_id), plural(len(built), "transcript")
        notes.append(f"{n} without a line of their own built from their exons: {names}")
    transcripts = pd.concat([lines, built]).sort_index()
    shapeless = rows[~rows.name.isin(transcripts.name)].drop_duplicates("name")
    if len(shapeless):
        names = shorten(shapeless.transcript_id)
        notes.append(
            f"{plural(len(shapeless), 'transcript')} with neither a line of their own nor exons left out: {names}"
        )
    _require_any(transcripts, path, notes)
    names = _first_given(transcripts, genes, _GENE_NAMES)
    return transcripts.assign(
        gene_name=names.where(names != "", transcripts.gene_id),
        biotype=_biotypes(transcripts, genes),
        open_ended=("," + transcripts.tag + ",").str.contains(f",{_END_NOT_FOUND},", regex=False),
    )


def _from_exons(exons: pd.DataFrame) -> pd.DataFrame:
    """A transcript from the exons of each unit; where exon numbers come again along the contig, one of each copy."""
    placed = exons.sort_values("start", kind="stable")
    copy = placed.groupby(["unit", "exon_number"]).cumcount().where(placed.exon_number != "", 0)
    copies = placed.groupby(["unit", copy])
    built = placed.assign(
        start=copies.start.transform("min"), end=copies.end.transform("max"), has_line=False, copy=copy
    )
    return built.sort_index().drop_duplicates(["unit", "copy"]).drop(columns="copy")


def _first_given(transcripts: pd.DataFrame, genes: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    """The first of the attributes that is not empty, of the transcript's line, else of its gene's; empty without any."""
    of_gene = genes[[*names]].reindex(transcripts.gene_id).fillna("").set_axis(transcripts.index)
    given = pd.Series("", index=transcripts.index, dtype="str")
    for column in (*(transcripts[name] for name in names), *(of_gene[name] for name in names)):
        given = given.where(given != "", column)
    return given


def _biotypes(transcripts: pd.DataFrame, genes: pd.DataFrame) -> pd.Series:
    """The transcripts' biotypes. In old Ensembl files they stand in column 2, where new ones name the annotator;
    column 2 counts as a biotype where it holds `protein_coding`, which is no annotator's name."""
    given = _first_given(transcripts, genes, _TRANSCRIPT_BIOTYPES)
    if (transcripts.source == "protein_coding").any():
        given = given.where(given != "", transcripts.source)
    given = given.where(given != "", transcripts.gbkey)
    given = given.mask((given == "") & (transcripts.feature == _MRNA.lower()), _MRNA)
    return given.where(given != "", _first_given(transcripts, genes, _GENE_BIOTYPES))


def _of_biotypes(transcripts: pd.DataFrame, biotypes: list[str], path: Path, notes: list[str]) -> pd.DataFrame:
    """The transcripts of the biotypes asked for, with the notes on biotypes and on open ends."""
    if biotypes:
        kept = transcripts.biotype.isin([*biotypes, *(_NCBI_NAMES.get(name, name) for name in biotypes)])
        if not kept.any():
            given = transcripts.biotype[transcripts.biotype != ""]
            has = shorten(given.value_counts().index) if len(given) else "none at all"
            raise InputError(
                f"{path}: no transcript has a biotype of config key `biotypes` ({', '.join(biotypes)}); the file has {has}; "
                "`biotypes: []` takes all transcripts"
            )
        notes.append(f"{plural((~kept).sum(), 'transcript')} of other biotypes than {', '.join(biotypes)} left out")
        transcripts = transcripts[kept]
    notes.append(f"the ends of {plural(transcripts.open_ended.sum(), 'transcript')} tagged {_END_NOT_FOUND} left out")
    return transcripts


def _on_contigs(transcripts: pd.DataFrame, genome: Genome, path: Path, notes: list[str]) -> pd.DataFrame:
    """The transcripts on contigs that the FASTA has. Raises InputError where one lies past its contig's end."""
    known = transcripts.chrom.isin(genome.lengths)
    if not known.any():
        raise InputError(
            f"{path}: none of its contigs ({shorten(transcripts.chrom.unique())}) is in {genome.path} "
            f"({shorten(genome.lengths)}); give the GTF and the FASTA of one assembly, with the same names of contigs"
        )
    if not known.all():
        lost = transcripts.chrom[~known]
        notes.append(
            f"{plural(len(lost), 'transcript')} on contigs that the FASTA lacks left out: {shorten(lost.unique())}"
        )
        transcripts = transcripts[known]
    beyond = transcripts[transcripts.start >= transcripts.chrom.map(genome.lengths)]
    if len(beyond):
        first = beyond.iloc[0]
        raise InputError(
            f"{path}: transcript {first.transcript_id} lies at {first.chrom}:{first.start + 1}-{first.end}, past the contig's "
            f"{genome.lengths[first.chrom]} nt in {genome.path}; give the GTF and the FASTA of one assembly"
        )
    return transcripts


def _parts(transcripts: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Exons, CDS and stop codons of the transcripts: transcript (index of `transcripts`), feature, start, end; indexed by
    line. Those of a transcript that has copies belong to the copy within which they lie."""
    spans = transcripts[["unit", "start", "end"]].rename(columns={"start": "first", "end": "last"})
    spans = spans.assign(transcript=spans.index, has_copies=spans.duplicated("unit", keep=False))
    parts = rows.loc[rows.feature.isin(["exon", *_CODING]), ["unit", "feature", "start", "end"]]
    parts = parts.join(spans.set_index("unit"), on="unit", how="inner")
    within = (parts.start >= parts["first"]) & (parts.end <= parts["last"])
    return parts.loc[within | ~parts.has_copies, ["transcript", "feature", "start", "end"]]


def _measured(transcripts: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """The transcripts with is_coding, coding_start, coding_end and utr_length (exonic nt after the stop codon); NaN without a
    CDS."""
    coding = parts[parts.feature.isin(_CODING)].groupby("transcript")
    transcripts = transcripts.assign(
        coding_start=coding.start.min().astype("float64"), coding_end=coding.end.max().astype("float64")
    )
    exons = parts[parts.feature == "exon"].join(
        transcripts[["strand", "coding_start", "coding_end"]].dropna(), on="transcript", how="inner"
    )
    plus = exons.strand == "+"
    after_start = np.where(plus, np.maximum(exons.start, exons.coding_end), exons.start)
    after_end = np.where(plus, exons.end, np.minimum(exons.end, exons.coding_start))
    length = pd.Series(np.maximum(after_end - after_start, 0), index=exons.index, dtype="float64")
    return transcripts.assign(
        is_coding=transcripts.coding_end.notna(), utr_length=length.groupby(exons.transcript).sum()
    )


def _usable(
    transcripts: pd.DataFrame, parts: pd.DataFrame, rows: pd.DataFrame, genome: Genome, notes: list[str]
) -> pd.DataFrame:
    """The transcripts that can be used, and a note for each reason why others cannot."""
    exons = parts[parts.feature == "exon"]
    outside = (transcripts.coding_start < transcripts.start) | (transcripts.coding_end > transcripts.end)
    faults = {
        "whose strand is neither + nor -": ~transcripts.strand.isin(["+", "-"]),
        "with exons on both strands (spliced in trans)": transcripts.name.isin(_in_trans(rows)),
        "past the end of their contig (circular?)": transcripts.end > transcripts.chrom.map(genome.lengths),
        "given again with other ends": transcripts.unit.isin(_overlapping(transcripts, "unit")),
        "whose exons overlap": pd.Series(transcripts.index.isin(_overlapping(exons, "transcript")), transcripts.index),
        "whose CDS lies outside them": outside,
        "whose exons begin a CDS again after one has ended (copies?)": _missing_coding(transcripts, parts)
        > _LONGEST_SLIP,
    }
    for why, at_fault in faults.items():
        left_out = transcripts[at_fault.reindex(transcripts.index)]
        if len(left_out):
            names = left_out.transcript_id.unique()
            notes.append(f"{plural(len(names), 'transcript')} {why} left out: {shorten(names)}")
            transcripts = transcripts.drop(left_out.index)
    return transcripts


def _in_trans(rows: pd.DataFrame) -> pd.Series:
    """Names that have exons on a strand where no transcript of that name is. Without lines of transcripts, exons of one name
    on both strands are two transcripts where there are two stop codons."""
    lines = rows[rows.feature.isin(_TRANSCRIPT_LINES)]
    exons = rows[rows.feature == "exon"].drop_duplicates("unit")
    has_line = exons.name.isin(lines.name)
    has_stop = exons.unit.isin(rows.unit[rows.feature == "stop_codon"])
    alone = ~exons.duplicated("name", keep=False)
    return exons.name[np.where(has_line, ~exons.unit.isin(lines.unit), ~alone & ~has_stop)]


def _missing_coding(transcripts: pd.DataFrame, parts: pd.DataFrame) -> pd.Series:
    """Exonic nt between the first and the last base of the CDS that are not of it, by transcript; 0 without a CDS."""
    parts = parts.join(transcripts[["coding_start", "coding_end"]], on="transcript")
    within = np.minimum(parts.end, parts.coding_end) - np.maximum(parts.start, parts.coding_start)
    signed = within.clip(lower=0).where(parts.feature == "exon", -within)
    return signed.groupby(parts.transcript).sum().reindex(transcripts.index, fill_value=0)


def _overlapping(intervals: pd.DataFrame, by: str) -> pd.Series:
    """Values of column `by` that have intervals which overlap."""
    ordered = intervals.sort_values([by, "start"])
    reached = ordered.groupby(by).end.cummax().groupby(ordered[by]).shift()
    return ordered.loc[ordered.start < reached, by]


def _exons(transcripts: pd.DataFrame, parts: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Exons of the transcripts, by line: transcript, start, end; of one without any, all of it."""
    exons = parts[(parts.feature == "exon") & parts.transcript.isin(transcripts.index)]
    bare = transcripts[~transcripts.index.isin(exons.transcript)]
    if len(bare):
        notes.append(
            f"{plural(len(bare), 'transcript')} without exons taken as one exon each: {shorten(bare.transcript_id)}"
        )
        exons = pd.concat([exons, bare.assign(transcript=bare.index)]).sort_index()
    return exons[["transcript", "start", "end"]]


def _require_spans(transcripts: pd.DataFrame, exons: pd.DataFrame, path: Path) -> None:
    """Raise InputError where a transcript's line and its exons differ in where the transcript begins or ends."""
    of_transcript = exons.groupby("transcript")
    spans = transcripts.assign(first=of_transcript.start.min(), last=of_transcript.end.max())
    differ = spans[(spans.start != spans["first"]) | (spans.end != spans["last"])]
    if len(differ):
        transcript = differ.iloc[0]
        raise InputError(
            f"{path}: line {differ.index[0]}: transcript {transcript.transcript_id} is "
            f"{transcript.start + 1}-{transcript.end}, its exons are {transcript['first'] + 1:.0f}-{transcript['last']:.0f}; "
            "correct the file, because pasvar cannot know which is right"
        )
