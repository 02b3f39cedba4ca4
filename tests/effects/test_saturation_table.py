"""The table of all possible substitutions, against a normal run on a VCF that holds every one of them."""

import gzip

import numpy as np
import pandas as pd
import pysam
import pytest

from builders import CONTIG_20, CONTIG_21, LinearNetwork, make_sites, records, write_fasta, write_vcf
from pasvar.annotate import annotate_vcf
from pasvar.contigs import ContigNames
from pasvar.effects import saturation_table
from pasvar.effects.allele_effects import score_alleles
from pasvar.effects.percentiles import EffectSizes
from pasvar.effects.saturation_table import gather_saturation
from pasvar.errors import InputError
from pasvar.genome import Genome, contig_table
from pasvar.scoring import reference_windows, saturate_hits, score_saturation, score_windows
from pasvar.tables import TABLES, io as tables, read_made_by, read_table, write_batches, write_table
from pasvar.variants import plan_shards, read_shard, shard_of

CONTIGS = {"20": CONTIG_20[:100] + "NNN" + CONTIG_20[103:], "21": CONTIG_21}
PLACES = [("20", "+", 150, "ONE"), ("20", "-", 450, "TWO"), ("20", "-", 450, "THREE"), ("21", "+", 20, "FOUR")]
MADE_BY = {"model": "linear", "model_sha256": "00"}


class Run:
    """The inputs of both ways to score: genome, sites of two strands (one of them of two genes), references."""

    def __init__(self, folder):
        self.network = LinearNetwork()
        with Genome(write_fasta(folder / "genome.fa", CONTIGS)) as genome:
            catalogue = make_sites(*PLACES).assign(usage_ref=np.float32([1, 0.25, 0.75, 1]))
            self.windows = reference_windows(catalogue, genome)
            self.references = self.windows[["site_id"]].join(score_windows(self.network, self.windows.window))
            self.sites = catalogue.merge(self.references, on="site_id")
            self.contigs = contig_table(genome)
            body = "\n".join(
                f"{chrom} {i + 1} . {base} {','.join(sorted(set('ACGT') - {base}))} ."
                for chrom, contig in CONTIGS.items()
                for i, base in enumerate(contig)
                if base != "N"
            )
            self.vcf = write_vcf(folder / "all.vcf.gz", body)
            stretches = self.contigs.assign(start=0, end=self.contigs.length)
            found = read_shard([self.vcf], stretches, self.windows, catalogue, genome, 20)
            # The table keeps to a site's own window.
            own = found.alleles.assign(**{name: None for name in found.alleles if name.startswith("rival_")})
            alleles = own.join(score_windows(self.network, own.window_alt).add_suffix("_alt"))
        hits = [piece.to_pandas() for piece in saturate_hits(self.network, alleles, self.windows)]
        sizes = EffectSizes(self.references, hits)
        alleles["percentile"] = sizes.percentile(alleles)
        nothing = dict.fromkeys(("n_carriers", "allele_count", "allele_number"), pd.NA)
        self.scores = score_alleles(alleles, alleles, self.windows, self.sites, MADE_BY).assign(**nothing)
        self.scores_file = folder / "scores.parquet"
        write_table(self.scores_file, self.scores, "scores", MADE_BY)

    def saturate(self, folder, n_shards: int = 1, **options):
        """The two files of table `saturation`, made of as many shards."""
        folder.mkdir(exist_ok=True)
        plan = plan_shards(self.sites, self.contigs, n_shards, margin=0)
        shards = []
        for shard in range(1, n_shards + 1):
            shards.append(folder / f"{shard}.parquet")
            pieces = score_saturation(self.network, self.windows, shard_of(plan, shard))
            write_batches(shards[-1], pieces, "saturation_scores")
        out, text = folder / "saturation.parquet", folder / "saturation.tsv.gz"
        n_rows = gather_saturation(shards, self.windows, self.sites, out, text, MADE_BY, **options)
        assert n_rows == len(read_table(out, "saturation"))
        return out, text


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run(tmp_path_factory.mktemp("precomputed"))


@pytest.fixture(scope="module")
def saturation(run, tmp_path_factory):
    return run.saturate(tmp_path_factory.mktemp("saturation"))


def test_every_row_is_that_of_a_normal_run(run, saturation):
    table = read_table(saturation[0], "saturation")
    columns = TABLES["saturation"].schema.names
    assert len(table) == 606 + 2 * 615 + 450
    pd.testing.assert_frame_equal(table, read_table(run.scores_file, "scores")[columns])
    assert table.mechanism.nunique() == 5
    assert table.percentile.between(0, 614 / 615).all()
    assert read_made_by(saturation[0])["model"] == "linear"


def test_a_vcf_gets_the_same_annotation(run, saturation, tmp_path):
    names = ContigNames(["20", "21"])
    texts = []
    for scores in (run.scores_file, saturation[0]):
        out = tmp_path / f"{scores.stem}.vcf.gz"
        assert annotate_vcf(run.vcf, scores, out, names, MADE_BY) == 202 + 205 + 150
        texts.append(gzip.decompress(out.read_bytes()))
    assert texts[0] == texts[1]
    assert texts[0].count(b"20:436:-") == 2 * 615


@pytest.mark.parametrize("n_shards", [2, 30])
def test_any_number_of_shards_gives_the_same_bytes(run, saturation, tmp_path, n_shards, monkeypatch):
    others = run.saturate(tmp_path / "whole", n_shards)
    assert [path.read_bytes() for path in others] == [path.read_bytes() for path in saturation]
    monkeypatch.setattr(tables, "ROW_GROUP_SIZE", 100)
    pieces = [run.saturate(tmp_path / str(n), n)[1].read_bytes() for n in (1, n_shards)]
    assert gzip.decompress(pieces[0]) == gzip.decompress(saturation[1].read_bytes()) == gzip.decompress(pieces[1])


def test_the_text_has_the_digits_of_the_table(saturation):
    with gzip.open(saturation[1], "rt") as lines:
        head = [next(lines) for _ in range(4)]
    assert head[:3] == [
        "##pasvar_model=linear\n",
        "##pasvar_model_sha256=00\n",
        f"##pasvar_version={tables.__version__}\n",
    ]
    names = TABLES["saturation"].schema.names
    assert head[3] == "#" + "\t".join(names) + "\n"
    text = pd.read_csv(saturation[1], sep="\t", skiprows=4, names=names, dtype={"chrom": str}, keep_default_na=True)
    table = read_table(saturation[0], "saturation")
    floats = table.columns[table.dtypes == "float32"]
    text = text.astype(dict.fromkeys(floats, "float32"))
    assert len(floats) == 12
    assert records(text, *names) == records(table, *names)


def test_tabix_finds_a_position(saturation):
    """The second base of the plus strand's hexamer, the first one of the minus strand's, and a base outside all windows."""
    with pysam.TabixFile(str(saturation[1])) as file:
        found = [row.split("\t") for start in (151, 455, 300) for row in file.fetch("20", start, start + 1)]
    columns = [
        TABLES["saturation"].schema.names.index(name) for name in ("pos", "ref", "alt", "gene_id", "hexamer_alt")
    ]
    assert [tuple(row[column] for column in columns) for row in found] == [
        ("152", "A", "C", "ONE", "ACTAAA"),
        ("152", "A", "G", "ONE", "AGTAAA"),
        ("152", "A", "T", "ONE", "ATTAAA"),
        ("456", "T", "A", "TWO", "TATAAA"),
        ("456", "T", "A", "THREE", "TATAAA"),
        ("456", "T", "C", "TWO", "GATAAA"),
        ("456", "T", "C", "THREE", "GATAAA"),
        ("456", "T", "G", "TWO", "CATAAA"),
        ("456", "T", "G", "THREE", "CATAAA"),
    ]


def test_no_substitutions_give_empty_files(run, tmp_path):
    write_table(tmp_path / "none.parquet", tables.empty_frame("saturation_scores"), "saturation_scores")
    out, text = tmp_path / "saturation.parquet", tmp_path / "saturation.tsv.gz"
    assert gather_saturation([tmp_path / "none.parquet"], run.windows, run.sites, out, text, {}) == 0
    assert read_table(out, "saturation").empty
    assert gzip.decompress(text.read_bytes()).count(b"\n") == 2


def test_nothing_half_written_where_a_shard_is_damaged(run, saturation, tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"no parquet")
    out, text = tmp_path / "saturation.parquet", tmp_path / "saturation.tsv.gz"
    with pytest.raises(InputError, match=r"bad\.parquet: cannot be read as a parquet file"):
        gather_saturation(
            [saturation[0].parent / "1.parquet", tmp_path / "bad.parquet"], run.windows, run.sites, out, text, {}
        )
    assert not out.exists()
    assert not text.exists()


def test_past_2_29_the_index_is_a_csi(run, tmp_path, monkeypatch):
    monkeypatch.setattr(saturation_table, "TBI_END", 200)
    folder = tmp_path / "long"
    folder.mkdir()
    (folder / "saturation.tsv.gz.tbi").write_text("of an earlier run")
    _, text = run.saturate(folder)
    assert sorted(path.name for path in folder.glob("saturation.tsv.gz.*")) == ["saturation.tsv.gz.csi"]
    with pysam.TabixFile(str(text), index=f"{text}.csi") as file:
        assert len(list(file.fetch("20", 150, 151)))
    with pytest.raises(InputError, match=r"a \.tbi index ends at 2\^29"):
        run.saturate(folder, index_suffix=".tbi")
