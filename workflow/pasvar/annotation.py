"""Transcripts of a GTF, whichever dialect it is written in."""

import gzip
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.contigs import shorten
from pasvar.errors import InputError
from pasvar.genome import Genome

_END_NOT_FOUND = "mRNA_end_NF"
"""Tag of transcripts whose 3' end is only where the evidence stops, no polyadenylation site."""

_COPY = ["transcript_id", "Chromosome"]
"""What names a transcript: some files use one transcript_id for its copies on X and Y."""

_TRANSCRIPT = ["transcript_id", "gene_id", "gene_name", "chrom", "strand"]

_PARSED = ["Chromosome", "Source", "Feature", "Start", "End", "Strand", "gene_id", "gene_name", "transcript_id"]


class Annotation(NamedTuple):
    """What of a GTF pasvar needs.

    transcripts: those with a trustworthy 3' end, a row each: transcript_id, gene_id, gene_name, chrom (the FASTA's name),
        strand, start, end (0-based, half-open), is_coding, utr_length (exonic nt after the stop codon; NaN without a CDS).
    exons: of these and of the transcripts whose end is not known: transcript_id, gene_id, gene_name, chrom, strand, start,
        end, coding_start, coding_end (the transcript's CDS with its stop codon, on the forward strand; NaN without one).
    notes: lines that say what was left out and why.
    """

    transcripts: pd.DataFrame
    exons: pd.DataFrame
    notes: list[str]


def read_annotation(gtf: str | Path, genome: Genome, biotypes: list[str]) -> Annotation:
    """The transcripts of `gtf`.

    biotypes: transcript biotypes to keep, all where empty. Raises InputError where the file is no GTF, or none of its contigs,
    biotypes or transcript ends fit.
    """
    rows = _read_gtf(Path(gtf))
    transcripts = rows[rows.Feature == "transcript"].copy()
    if transcripts.empty:
        raise InputError(f"{gtf}: no line has the feature `transcript`; a GTF file (Ensembl or GENCODE) is expected")
    notes = []

    transcripts["biotype"] = _biotypes(transcripts)
    if biotypes:
        kept = transcripts.biotype.isin(biotypes)
        if not kept.any():
            raise InputError(
                f"{gtf}: no transcript has a biotype of config key `biotypes` ({', '.join(biotypes)}); "
                f"the file has {shorten(transcripts.biotype.value_counts().index)}"
            )
        notes.append(f"{(~kept).sum()} transcripts of other biotypes than {', '.join(biotypes)} left out")
        transcripts = transcripts[kept]

    open_ended = transcripts.tag.str.split(",").map(lambda tags: _END_NOT_FOUND in tags)
    transcripts["open_ended"] = open_ended
    notes.append(f"the ends of {open_ended.sum()} transcripts tagged {_END_NOT_FOUND} left out")

    transcripts, contig_note = _on_contigs(transcripts, genome, gtf)
    notes += contig_note
    transcripts, copies_note = _name_copies(transcripts)
    notes += copies_note
    transcripts["gene_name"] = transcripts.gene_name.where(transcripts.gene_name != "", transcripts.gene_id)
    transcripts["chrom"] = transcripts.Chromosome.map(genome.names.table(transcripts.Chromosome.unique()))
    exons = _exons(rows, transcripts)
    transcripts = transcripts[~transcripts.open_ended]
    utr = _utr_lengths(exons)
    of_transcript = pd.MultiIndex.from_frame(transcripts[["transcript_id", "chrom"]])
    ends = transcripts.rename(columns={"Strand": "strand", "Start": "start", "End": "end"}).assign(
        is_coding=of_transcript.isin(utr.index), utr_length=utr.reindex(of_transcript).to_numpy()
    )
    columns = [*_TRANSCRIPT, "start", "end", "is_coding", "utr_length"]
    return Annotation(ends[columns].reset_index(drop=True), exons, notes)


def _read_gtf(path: Path) -> pd.DataFrame:
    """The GTF's rows as pyranges reads them; attributes given twice (tag) are joined by commas, absent ones are empty."""
    import pyranges

    if not path.is_file():
        raise InputError(f"{path}: no such GTF file (config key `gtf`)")
    try:
        with warnings.catch_warnings():
            # pyranges 0.1.7 uses pandas calls that pandas 3 deprecates; that is for its authors to mend.
            warnings.simplefilter("ignore")
            rows = pyranges.read_gtf(str(path), as_df=True, duplicate_attr=True)
    except gzip.BadGzipFile as error:
        raise InputError(f"{path}: ends in .gz but is not gzipped") from error
    except EOFError as error:
        raise InputError(f"{path}: the gzipped file is cut short; fetch it again") from error
    except Exception as error:  # pyranges lets through whatever its parser runs into
        raise InputError(
            f"{path}: cannot be read as a GTF file ({type(error).__name__}: {error}); give the annotation as Ensembl or "
            "GENCODE have it under `gtf`, plain or gzipped (GFF3 is another format)"
        ) from error
    missing = [column for column in ("gene_id", "transcript_id") if column not in rows.columns]
    if missing:
        raise InputError(f"{path}: no attribute {' or '.join(missing)} in column 9; a GTF file (not GFF3) is expected")
    wanted = [*_PARSED, "tag", "transcript_biotype", "transcript_type", "gene_biotype", "gene_type"]
    rows = rows.reindex(columns=wanted)
    text = [column for column in wanted if column not in ("Start", "End")]
    rows[text] = rows[text].astype(object).fillna("").astype(str)
    return rows


def _biotypes(transcripts: pd.DataFrame) -> pd.Series:
    """The transcripts' biotypes. In old Ensembl files they stand in column 2, where new ones name the annotator;
    column 2 counts as a biotype where it holds `protein_coding`, which is no annotator's name."""
    chosen = transcripts.transcript_biotype.where(transcripts.transcript_biotype != "", transcripts.transcript_type)
    if (transcripts.Source == "protein_coding").any():
        chosen = chosen.where(chosen != "", transcripts.Source)
    for fallback in (transcripts.gene_biotype, transcripts.gene_type):
        chosen = chosen.where(chosen != "", fallback)
    return chosen


def _on_contigs(transcripts: pd.DataFrame, genome: Genome, gtf: str | Path) -> tuple[pd.DataFrame, list[str]]:
    """The transcripts that lie on contigs of the FASTA and within their lengths, and a note per reason to drop others."""
    names = list(transcripts.Chromosome.unique())
    matched = genome.names.table(names)
    if not matched:
        raise InputError(
            f"{gtf}: none of its contigs ({shorten(names)}) is in {genome.path} ({shorten(genome.lengths)}); "
            "give the GTF and the FASTA of one assembly"
        )
    notes = []
    unmatched = [name for name in names if name not in matched]
    if unmatched:
        lost = transcripts.Chromosome.isin(unmatched)
        notes.append(f"{lost.sum()} transcripts on contigs that the FASTA lacks left out: {shorten(unmatched)}")
        transcripts = transcripts[~lost]
    beyond = transcripts.End > transcripts.Chromosome.map(matched).map(genome.lengths)
    if beyond.any():
        first = transcripts[beyond].iloc[0]
        raise InputError(
            f"{gtf}: transcript {first.transcript_id} ends at {first.Chromosome}:{first.End}, past the contig's "
            f"{genome.lengths[matched[first.Chromosome]]} nt in {genome.path}; give the GTF and the FASTA of one assembly"
        )
    return transcripts, notes


def _name_copies(transcripts: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The transcripts with gene_id made unique where one gene_id stands on several contigs or strands, as for the
    pseudoautosomal genes of RefSeq: each copy but the first is `gene_id@contig:strand`, for its sites
    do not compete with the first's.
    """
    place = transcripts.Chromosome + ":" + transcripts.Strand
    copies = place != place.groupby(transcripts.gene_id).transform("first")
    if not copies.any():
        return transcripts, []
    named = transcripts.gene_id.where(~copies, transcripts.gene_id + "@" + place)
    note = f"{named[copies].nunique()} genes are copies on another contig or strand and named so, first {named[copies].iloc[0]}"
    return transcripts.assign(gene_id=named), [note]


def _exons(rows: pd.DataFrame, transcripts: pd.DataFrame) -> pd.DataFrame:
    """The exons of the transcripts, as `Annotation` has them.

    In a GTF the CDS ends before the stop codon, which has lines of its own where the annotators found one.
    """
    rows = rows[rows.transcript_id.isin(transcripts.transcript_id)]
    coding = (
        rows[rows.Feature.isin(["CDS", "stop_codon"])]
        .groupby(_COPY)
        .agg(coding_start=("Start", "min"), coding_end=("End", "max"))
    )
    named = transcripts[[*_COPY, "gene_id", "gene_name", "chrom"]]
    exons = rows.loc[rows.Feature == "exon", [*_COPY, "Strand", "Start", "End"]]
    exons = exons.merge(named, on=_COPY).merge(coding.reset_index(), on=_COPY, how="left")
    exons = exons.rename(columns={"Strand": "strand", "Start": "start", "End": "end"})
    return exons[[*_TRANSCRIPT, "start", "end", "coding_start", "coding_end"]].reset_index(drop=True)


def _utr_lengths(exons: pd.DataFrame) -> pd.Series:
    """Exonic nt after the stop codon, by transcript_id and chrom; transcripts without a CDS are absent."""
    exons = exons[exons.coding_end.notna()]
    plus = exons.strand == "+"
    after_start = np.where(plus, np.maximum(exons.start, exons.coding_end), exons.start)
    after_end = np.where(plus, exons.end, np.minimum(exons.end, exons.coding_start))
    length = pd.Series(np.maximum(after_end - after_start, 0), index=exons.index)
    return length.groupby(pd.MultiIndex.from_frame(exons[["transcript_id", "chrom"]])).sum()
