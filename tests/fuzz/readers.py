"""The readers that are tried: for each the sound files, made once, and what is called with a folder that has them."""

import contextlib
import gzip
import io
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pysam
import yaml

from builders import CONTIG_20, CONTIG_21, gtf_line, make_sites, write_fasta, write_vcf
from fuzz.damage import WORDS, damage
from fuzz.texts import draw
from pasvar.cli.main import main
from pasvar.config import check_config
from pasvar.config_schema import read_config
from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.genome import Genome, read_annotation
from pasvar.model import load_checkpoint, save_checkpoint
from pasvar.paths import BUNDLED_MODELS
from pasvar.regions import read_regions
from pasvar.scoring import reference_windows
from pasvar.scoring.scores import WINDOW_SCORES
from pasvar.scoring.sequences import read_pairs
from pasvar.scoring.store import Store
from pasvar.sites.atlas import read_atlas
from pasvar.sites.tissues import read_expression
from pasvar.tables import TABLES, read_made_by, read_table, write_table
from pasvar.training.table import read_table as read_training_table
from pasvar.variants import VariantReader, check_htslib, indexed_contigs, make_filters, read_lines, read_shard

HERE = Path(__file__).parent
CONTIGS = {"20": CONTIG_20, "21": CONTIG_21}


class Wrong(Exception):
    """A reader has taken damaged content for sound."""


class Reader(NamedTuple):
    """files: those that are damaged, of the folder of sound ones. read: is called with the folder, a generator and the number of
    the text that a user types, which `draw` gives by its `kind`."""

    files: tuple[str, ...]
    read: Callable[[Path, random.Random, int], object]
    kind: str = ""


def write_sound(folder: Path) -> None:
    """Every sound file that a reader needs."""
    write_fasta(folder / "genome.fa", CONTIGS)
    write_fasta(folder / "genome.fa.gz", CONTIGS)
    for name in ("genome.fa", "genome.fa.gz"):
        (folder / "made").mkdir(exist_ok=True)
        Genome(folder / name, folder / "made")
    for index in (folder / "made").iterdir():
        shutil.move(index, folder / index.name)
    body = "".join(
        f"20 {pos} rs{pos} {CONTIG_20[pos - 1]} {alt} AF=0.5 0/1 1|0:7\n"
        for pos, alt in [(130, "<DEL>"), (152, "G"), (156, "T"), (455, "GA")]
    )
    body += "21 22 . T C,TAA AF=0.1,0.2 1/2 .\n"
    write_vcf(folder / "in.vcf.gz", body, samples=("ann", "bob"))
    write_vcf(folder / "csi.vcf.gz", body, samples=("ann", "bob"), index="csi")
    write_vcf(folder / "in.bcf", body, samples=("ann", "bob"))
    names = 'gene_id "G1"; transcript_id "T1"; gene_name "one"; transcript_biotype "protein_coding";'
    places = (("transcript", 11, 175), ("exon", 11, 60), ("exon", 90, 175), ("CDS", 20, 60))
    lines = [gtf_line("20", "x", feature, start, end, "+", names) for feature, start, end in places]
    lines += [
        gtf_line("20", "x", feature, start, end, "-", names.replace("1", "2"))
        for feature, start, end in (("transcript", 430, 690), ("exon", 430, 690))
    ]
    (folder / "genes.gtf").write_text("".join(lines))
    for path in (HERE / "corpus").glob("*"):
        shutil.copy(path, folder)
    for name in ("genes.gtf", "atlas.bed", "expression.tsv", "regions.bed"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes(), mtime=0))
    save_checkpoint(load_checkpoint(BUNDLED_MODELS / "aparent2-mini"), folder / "model")
    shutil.copy(folder / "model" / "model.safetensors", folder / "model.safetensors")
    shutil.copy(folder / "model" / "config.json", folder / "sound.json")
    rows = dict.fromkeys(TABLES["scores"].schema.names)
    effects = [rows | _score(pos, alt) for pos, alt in ((152, "G"), (156, "T"))]
    write_table(folder / "scores.parquet", pd.DataFrame(effects), "scores", {"model": "m", "model_sha256": "0" * 64})
    Store(folder / "store", KIND).add(*_stored())


def _score(pos: int, alt: str) -> dict:
    numbers = {"norm_pos": pos, "window_index": 71, "logodds_narrow_ref": 0.1, "delta_logodds_narrow": -2.25}
    texts = {
        "chrom": "20",
        "ref": CONTIG_20[pos - 1],
        "alt": alt,
        "site_id": "20:171:+",
        "gene_id": "G1",
        "gene_name": "one",
    }
    return numbers | texts | {"pos": pos, "strand": "+", "region": "hexamer", "anchor": "hexamer"}


KIND = {"model": "m", "precision": "exact", "device": "cpu", "torch": "2", "processor": "x86"}


def _stored() -> tuple[np.ndarray, pd.DataFrame]:
    codes = np.random.default_rng(0).integers(0, 4, (300, 205)).astype(np.uint8)
    scores = np.random.default_rng(1).normal(size=(300, len(WINDOW_SCORES))).astype(np.float32)
    return codes, pd.DataFrame(scores, columns=list(WINDOW_SCORES))


def _sites() -> pd.DataFrame:
    return make_sites(("20", "+", 150, "G1"), ("20", "-", 448, "G2"), ("21", "+", 20, "G3"))


def _read_vcf(name: str, is_csi: bool = False, is_damaged: bool = True) -> Callable[[Path, random.Random, int], None]:
    def read(folder: Path, rng: random.Random, number: int) -> None:
        path = folder / name
        if is_damaged and rng.random() < 0.6:
            # Else nearly all that happens to the records is seen by the index alone.
            with contextlib.suppress(Exception):
                pysam.tabix_index(str(path), preset="bcf" if path.suffix == ".bcf" else "vcf", force=True, csi=is_csi)
        what = rng.randrange(3)
        if what == 0:
            indexed_contigs(path)
        elif what == 1:
            _, records = read_lines(path)
            for _ in records:
                pass
        else:
            _read_shard(folder, path, rng)

    return read


def _read_shard(folder: Path, path: Path, rng: random.Random) -> None:
    check_htslib([path])
    with Genome(folder / "genome.fa") as genome:
        sites = _sites()
        windows = reference_windows(sites, genome)
        places = pd.DataFrame({"chrom": list(genome.lengths), "start": 0, "end": list(genome.lengths.values())})
        passing, least = rng.choice([[], ["PASS", "."]]), rng.choice([0, 0.1])
        filters = make_filters(passing, least, 1, [], genome.names)
        read_shard([path], places, windows, sites, genome, 205, unknown_contigs=True, filters=filters)


def _read_gtf(name: str) -> Callable[[Path, random.Random, int], None]:
    def read(folder: Path, rng: random.Random, number: int) -> None:
        with Genome(folder / "genome.fa") as genome:
            read_annotation(folder / name, genome, rng.choice([[], ["protein_coding"]]))

    return read


def _read_fasta(name: str) -> Callable[[Path, random.Random, int], None]:
    def read(folder: Path, rng: random.Random, number: int) -> None:
        index_dir = folder / "own" if rng.random() < 0.5 else None
        with Genome(folder / name, index_dir) as genome:
            for chrom, length in genome.lengths.items():
                genome.slice(chrom, -5, min(length, 5000) + 5)

    return read


def _read_atlas(name: str) -> Callable[[Path, random.Random, int], None]:
    def read(folder: Path, rng: random.Random, number: int) -> None:
        with Genome(folder / "genome.fa") as genome:
            formats = [{}, {}, {"format": "bed"}, {"format": "polyasite"}, {"format": "saf"}, {"format": "polya_db"}]
            read_atlas({"path": str(folder / name), **rng.choice(formats)}, genome)

    return read


def _read_config(folder: Path, rng: random.Random, number: int) -> None:
    path = folder / "config.yaml"
    if rng.random() < 0.6:
        path.write_bytes(yaml.safe_dump(draw("config", number), allow_unicode=True).encode(errors="replace"))
    if rng.random() < 0.5:
        path.write_bytes(damage(path.read_bytes(), rng, is_text=True))
    check_config(read_config(path), folder)


def _read_model(folder: Path, rng: random.Random, number: int) -> None:
    path = folder / "model" / "config.json"
    if rng.random() < 0.3:
        config = json.loads((folder / "sound.json").read_bytes())
        values = [None, True, 0, -1, 1.5, 10**9, 10**30, "x", [], {}, [1] * 100, float("nan"), float("inf")]
        config[rng.choice(list(config))] = rng.choice(values)
        path.write_text(json.dumps(config))
    load_checkpoint(folder / "model")


def _read_lone_model(folder: Path, rng: random.Random, number: int) -> None:
    load_checkpoint(folder / "model.safetensors")


def _read_store(folder: Path, rng: random.Random, number: int) -> None:
    codes, scores = _stored()
    found = Store(folder / "store", KIND).find(codes).to_numpy()
    there = ~np.isnan(found).any(axis=1)
    if (found[there] != scores.to_numpy()[there]).any():
        raise Wrong("scores that were never written")


def _read_scores(folder: Path, rng: random.Random, number: int) -> None:
    frame = read_table(folder / "scores.parquet", "scores")
    if {"model": "m", "model_sha256": "0" * 64}.items() - read_made_by(folder / "scores.parquet").items():
        raise Wrong("another record of what made it")
    if frame.pos.to_list() != [152, 156] or frame.delta_logodds_narrow.to_list() != [-2.25, -2.25]:
        raise Wrong("other rows")


def _read_text(folder: Path, rng: random.Random, number: int) -> None:
    what = rng.choice(
        ("expression.tsv", "expression.tsv.gz", "regions.bed", "regions.bed.gz", "pairs.tsv", "training.csv")
    )
    path = folder / what
    path.write_bytes(damage(path.read_bytes(), rng, is_text=path.suffix != ".gz"))
    if what.startswith("expression"):
        read_expression(path)
    elif what.startswith("regions"):
        read_regions([str(path), rng.choice(WORDS)][: rng.choice((1, 2))], ContigNames(CONTIGS))
    elif what == "pairs.tsv":
        read_pairs(path)
    else:
        read_training_table(path)


def _read_variant(folder: Path, rng: random.Random, number: int) -> None:
    with Genome(folder / "genome.fa") as genome:
        VariantReader(genome).read(draw("variant", number))


def _read_arguments(folder: Path, rng: random.Random, number: int) -> None:
    """The command line, as a user types it: what it says is on stderr, in one line."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("in.vcf.gz")
    os.chdir(folder)
    arguments = draw("arguments", number)
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        try:
            status = main(arguments)
        except SystemExit as end:  # argparse: usage, and what is wrong
            status = end.code
    text = said.getvalue()
    # An input that is only named as the output may be replaced.
    inputs = {
        argument.split("=")[-1]
        for option, argument in zip(["", *arguments], arguments, strict=False)
        if "out" not in argument and "out" not in option
    }
    given = {path for path in before if path.name in inputs}
    if lost := [path for path in given if not path.exists() or path.read_bytes() != before[path]]:
        raise Wrong(f"{arguments}: {lost[0].name} was replaced")
    if "fault of pasvar's own" in text or "Traceback" in text:
        raise Wrong(f"{arguments}: {text.strip()}")
    if status:
        raise InputError(text.strip().splitlines()[-1] if text.strip() else f"{arguments}: {status} in silence")


READERS = {
    "vcf": Reader(("in.vcf.gz",), _read_vcf("in.vcf.gz")),
    "vcf + tbi": Reader(("in.vcf.gz.tbi",), _read_vcf("in.vcf.gz", is_damaged=False)),
    "vcf + csi": Reader(("csi.vcf.gz.csi",), _read_vcf("csi.vcf.gz", is_damaged=False)),
    "bcf": Reader(("in.bcf",), _read_vcf("in.bcf", is_csi=True)),
    "bcf + csi": Reader(("in.bcf.csi",), _read_vcf("in.bcf", is_damaged=False)),
    "gtf": Reader(("genes.gtf",), _read_gtf("genes.gtf")),
    "gtf.gz": Reader(("genes.gtf.gz",), _read_gtf("genes.gtf.gz")),
    "fasta + fai": Reader(("genome.fa", "genome.fa.fai"), _read_fasta("genome.fa")),
    "fasta.gz + fai + gzi": Reader(
        ("genome.fa.gz", "genome.fa.gz.fai", "genome.fa.gz.gzi"), _read_fasta("genome.fa.gz")
    ),
    **{
        f"atlas {name}": Reader((name,), _read_atlas(name))
        for name in ("atlas.bed", "atlas.bed.gz", "polyasite.bed", "polya_db.tsv", "padb.saf")
    },
    "text tables": Reader((), _read_text),
    "config": Reader((), _read_config, "config"),
    "command line": Reader((), _read_arguments, "arguments"),
    "variants typed": Reader((), _read_variant, "variant"),
    "model folder": Reader(("model/config.json", "model/model.safetensors"), _read_model),
    "model.safetensors": Reader(("model.safetensors",), _read_lone_model),
    "store": Reader(("store/*/*.parquet",), _read_store),
    "scores.parquet": Reader(("scores.parquet",), _read_scores),
}
"""By the name of the figures."""
