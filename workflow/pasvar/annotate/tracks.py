"""A folder for genome browsers: BED, bigBed, bedGraph and bigWig of a run, a UCSC track hub of them and an IGV session.

pybigtools writes the binary files. Formats: UCSC's pages on track hubs, bigBed and autoSql, and IGV's on its sessions.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TextIO
from xml.etree import ElementTree

from pasvar.annotate.track_rows import (
    ALLELE_COLUMNS,
    ALLELE_FIELDS,
    BASE_COLUMNS,
    SITE_COLUMNS,
    SITE_FIELDS,
    Line,
    allele_lines,
    base_effects,
    site_lines,
)
from pasvar.contigs import shorten, ucsc_name
from pasvar.counts import plural
from pasvar.errors import InputError
from pasvar.files import require_ours, whole
from pasvar.tables import TABLES, read_pieces, read_table
from pasvar.variants import assembly_of

_HUB_NAME = "hub pasvar\n"
UCSC_GENOMES = {"GRCh37": "hg19", "GRCh38": "hg38"}

_BED = [
    *("string chrom", "uint start", "uint end", "string name", "uint score", "char[1] strand"),
    *("uint thickStart", "uint thickEnd", "uint rgb"),
]
"""BED 9 in autoSql: type and name."""


class Track(NamedTuple):
    """A file for browsers: name of the file without its end, labels (17 and 76 letters at most, as UCSC wants), type of trackDb,
    settings of trackDb, and the columns behind those of BED 9 in autoSql."""

    name: str
    label: str
    meaning: str
    type: str
    settings: Mapping[str, str]
    fields: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.name}.{'bw' if self.type.startswith('bigWig') else 'bb'}"


_BED_SETTINGS = {"visibility": "pack", "itemRgb": "on"}
SITES = Track(
    *("sites", "poly(A) sites", "poly(A) sites: black GTF, blue GTF and atlas, green atlas, orange network"),
    *("bigBed 9 +", {**_BED_SETTINGS, "mouseOverField": "source"}, SITE_FIELDS),
)
ALLELES = Track(
    *(
        "variants",
        "APA variants",
        "Variants: red shortening, blue lengthening, green more, pink less cleavage",
    ),
    *("bigBed 9 +", {**_BED_SETTINGS, "mouseOverField": "direction"}, ALLELE_FIELDS),
)
BASES = Track(
    *(
        "max_effect",
        "APA max effect",
        "Largest |change of the log odds of cleavage| that a substitution makes",
    ),
    *("bigWig 0 10", {"visibility": "full", "autoScale": "on", "maxHeightPixels": "100:48:16", "color": "0,114,178"}),
)


def write_tracks(results: str | Path, folder: str | Path, genome: str | None = None) -> list[str]:
    """Write the folder for a run whose tables lie in `results`; returns what to tell the user, a line each.

    genome: UCSC's name of the assembly; None takes it from the lengths of the chromosomes. Contigs get UCSC's names, and those
    that have none are left out. Raises InputError where the assembly is not known, or where pybigtools is not installed.
    """
    results, folder = Path(results), Path(folder)
    _require_ours(folder)
    lengths = _lengths(results)
    genome = genome or _guess_genome(lengths)
    names = {name: renamed for name in lengths if (renamed := ucsc_name(name))}
    with whole(folder) as temporary:
        (temporary / genome).mkdir(parents=True)
        files = _Files(
            temporary / genome, {names[name]: length for name, length in lengths.items() if name in names}, names
        )
        sites = read_table(results / TABLES["sites"].file, "sites", SITE_COLUMNS)
        alleles = read_pieces(results / TABLES["gene_effects"].file, "gene_effects", ALLELE_COLUMNS)
        found = [
            (SITES, files.write_bed(SITES, site_lines(sites))),
            (ALLELES, files.write_bed(ALLELES, allele_lines(alleles))),
        ]
        saturation = results / TABLES["saturation"].file
        if saturation.is_file():
            substitutions = read_pieces(saturation, "saturation", BASE_COLUMNS)
            found.append((BASES, files.write_wig(BASES, base_effects(substitutions))))
        tracks = [track for track, n_lines in found if n_lines]
        _write_hub(temporary, genome, tracks)
        _write_session(temporary / "igv_session.xml", genome, tracks, files.first)
    return [
        f"{folder}/hub.txt: UCSC track hub of {genome}; {folder}/igv_session.xml: the same for IGV",
        *(f"{folder}/{genome}/{track.file}: {plural(n_lines, 'line')}" for track, n_lines in found if n_lines),
        *(f"no {track.name}: its table is empty" for track, n_lines in found if not n_lines),
        *([] if saturation.is_file() else [f"no {BASES.name}: {saturation} comes of `snakemake saturation`"]),
        *_said_of_names(names, files.left_out),
    ]


def _require_ours(folder: Path) -> None:
    """Raise InputError where the folder that would be replaced has something else in it than tracks of pasvar."""
    require_ours(folder, "hub.txt", "tracks of pasvar")
    hub = folder / "hub.txt"
    if hub.is_file() and not hub.read_text().startswith(_HUB_NAME):
        raise InputError(f"{folder}: contains another track hub, which would be replaced; give a new folder")


def _lengths(results: Path) -> dict[str, int]:
    path = results / TABLES["contigs"].file
    if not path.is_file():
        raise InputError(f"{path}: no such file; tracks need the lengths of the contigs, which a run keeps there")
    contigs = read_table(path, "contigs")
    return dict(zip(contigs.chrom, contigs.length.astype(int), strict=True))


def _guess_genome(lengths: Mapping[str, int]) -> str:
    assembly = assembly_of(lengths)
    if assembly is None:
        raise InputError(
            "the lengths of the contigs are neither those of GRCh37 nor of GRCh38; name the assembly as UCSC does: --genome hg38"
        )
    return UCSC_GENOMES[assembly]


def _said_of_names(names: Mapping[str, str], left_out: Mapping[str, int]) -> list[str]:
    changed = [f"{name} is {renamed}" for name, renamed in names.items() if name != renamed]
    said = [f"contigs have UCSC's names: {shorten(changed, 3)}"] if changed else []
    if left_out:
        rows = plural(sum(left_out.values()), "line")
        said.append(f"left out, for UCSC has no name for their contigs ({shorten(left_out)}): {rows}")
    return said


class _Files:
    """Writes the files of one folder. lengths: by UCSC's name. left_out: lines on contigs without one, by contig. first:
    where the first line lies, as browsers take it."""

    def __init__(self, folder: Path, lengths: Mapping[str, int], names: Mapping[str, str]):
        self._folder, self._lengths, self._names = folder, dict(lengths), names
        self.left_out: dict[str, int] = {}
        self.first: str | None = None

    def write_bed(self, track: Track, lines: Iterable[Line]) -> int:
        """`<name>.bed` and `<name>.bb`; returns the number of lines."""
        n_lines = self._write(track, lines, ".bed")
        if n_lines:
            _declare_columns(self._folder / track.file, track)
        return n_lines

    def write_wig(self, track: Track, values: Iterable[tuple[str, int, int, float]]) -> int:
        """`<name>.bedGraph` and `<name>.bw`; returns the number of lines."""
        return self._write(track, values, ".bedGraph")

    def _write(self, track: Track, rows: Iterable[tuple], suffix: str) -> int:
        with (self._folder / f"{track.name}{suffix}").open("w") as text:
            counted = _Counted(self._as_text(self._renamed(rows), text))
            first = next(counted, None)
            if first is not None:
                self.first = self.first or f"{first[0]}:{max(1, first[1] - 500)}-{first[2] + 500}"
                _open_writer(self._folder / track.file).write(self._lengths, chain([first], counted))
            return counted.n

    def _renamed(self, rows: Iterable[tuple]) -> Iterator[tuple]:
        for chrom, start, end, rest in rows:
            if chrom in self._names:
                yield self._names[chrom], int(start), min(int(end), self._lengths[self._names[chrom]]), rest
            else:
                self.left_out[chrom] = self.left_out.get(chrom, 0) + 1

    @staticmethod
    def _as_text(rows: Iterable[tuple], file: TextIO) -> Iterator[tuple]:
        for chrom, start, end, rest in rows:
            file.write(f"{chrom}\t{start}\t{end}\t{rest if isinstance(rest, str) else f'{rest:.6g}'}\n")
            yield chrom, start, end, rest


class _Counted:
    """An iterator that knows how many it gave."""

    def __init__(self, rows: Iterator[tuple]):
        self._rows = rows
        self.n = 0

    def __iter__(self) -> "_Counted":
        return self

    def __next__(self) -> tuple:
        row = next(self._rows)
        self.n += 1
        return row


def _open_writer(path: Path) -> Any:
    try:
        import pybigtools
    except ImportError as error:
        raise InputError('--tracks needs pybigtools; install it with: pip install "pasvar[tracks]"') from error
    return pybigtools.open(str(path), "w")


def _declare_columns(path: Path, track: Track) -> None:
    """Say in a bigBed how many columns it has and what they are, in place of what pybigtools 0.3 says of every file: three
    columns. Browsers then show no name, score or colour.

    The declaration has to be no longer than that one, hence without words: readers look for it where it is, or take what lies
    between it and what follows (UCSC's bbiFile.h; Kent 2010, doi:10.1093/bioinformatics/btq351). igv.js reads it by lines.
    """
    fields = [*_BED, *track.fields]
    columns = "".join(f'{field};""\n' for field in fields)
    declaration = f'table a\n""\n(\n{columns})'.encode()
    with path.open("r+b") as file:
        file.seek(36)
        at, summary = struct.unpack("<QQ", file.read(16))
        if len(declaration) >= summary - at:
            raise ValueError(f"{path}: {len(declaration)} bytes do not fit between {at} and {summary}")
        file.seek(at)
        file.write(declaration.ljust(summary - at, b"\0"))
        file.seek(32)
        file.write(struct.pack("<HH", len(fields), len(_BED)))


def _write_hub(folder: Path, genome: str, tracks: Iterable[Track]) -> None:
    hub = {
        "shortLabel": "pasvar",
        "longLabel": "Effects of variants on cleavage and polyadenylation",
        "genomesFile": "genomes.txt",
        "email": "none",
    }
    stanzas = [
        {
            "track": f"pasvar_{track.name}",
            "bigDataUrl": track.file,
            "shortLabel": track.label,
            "longLabel": track.meaning,
            "type": track.type,
            **track.settings,
        }
        for track in tracks
    ]
    (folder / "hub.txt").write_text(_HUB_NAME + _stanza(hub))
    (folder / "genomes.txt").write_text(_stanza({"genome": genome, "trackDb": f"{genome}/trackDb.txt"}))
    (folder / genome / "trackDb.txt").write_text("\n".join(map(_stanza, stanzas)))


def _stanza(settings: Mapping[str, str]) -> str:
    return "".join(f"{key} {value}\n" for key, value in settings.items())


def _write_session(path: Path, genome: str, tracks: Iterable[Track], locus: str | None) -> None:
    tracks = list(tracks)
    session = ElementTree.Element("Session", genome=genome, locus=locus or "All", version="8")
    resources = ElementTree.SubElement(session, "Resources")
    panel = ElementTree.SubElement(session, "Panel", name="FeaturePanel")
    for track in tracks:
        where = f"{genome}/{track.file}"
        ElementTree.SubElement(resources, "Resource", path=where, type=track.file.rsplit(".", 1)[1])
        ElementTree.SubElement(panel, "Track", id=where, name=track.label, visible="true", displayMode="EXPANDED")
    tree = ElementTree.ElementTree(session)
    ElementTree.indent(tree)
    tree.write(path, encoding="UTF-8", xml_declaration=True)
