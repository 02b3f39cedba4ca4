"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .annotation import (
    Annotation as Annotation,
    read_annotation as read_annotation,
)
from .fasta import (
    Genome as Genome,
    SequenceChunks as SequenceChunks,
    SequenceSlice as SequenceSlice,
    contig_table as contig_table,
)
from .gene_model import (
    along as along,
    assign_genes as assign_genes,
    downstream_of as downstream_of,
    gene_spans as gene_spans,
    scan_regions as scan_regions,
)
from .transcripts import (
    Transcript as Transcript,
    TranscriptPosition as TranscriptPosition,
)
