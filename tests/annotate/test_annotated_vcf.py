"""INFO/PASVAR: what stands in it, and that nothing else of the VCF changes."""

import gzip
import re
import shutil
import subprocess

import cyvcf2
import pandas as pd
import pysam
import pysam.bcftools
import pytest

from pasvar.annotate import annotated_vcf as annotate
from pasvar.annotate.annotated_vcf import FIELDS, GENE, NEW_SITE, annotate_vcf
from pasvar.cli.main import main
from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.tables import TABLES, empty_frame, write_table

HEADER = """\
##fileformat=VCFv4.2
##FILTER=<ID=q10,Description="low">
##contig=<ID=chr1,length=1000>
##contig=<ID=chr2,length=1000>
##INFO=<ID=AC,Number=A,Type=Integer,Description="copies">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tann\tbob
"""
RECORDS = """\
chr1\t10\trs1\tA\tC,G\t12.5\tPASS\tAC=1,2\tGT\t0|1\t2|2
chr1\t20\t.\tT\tTA\t.\tq10\tAC=1\tGT\t./.\t0/1
chr2\t10\trs2\tA\tC\t.\tPASS\t.\tGT\t0|1\t0|0
"""


def score(**changes) -> dict:
    """A row of the table `scores`."""
    row = dict.fromkeys(TABLES["scores"].schema.names) | {
        "chrom": "1",
        "pos": 10,
        "ref": "A",
        "alt": "C",
        "norm_pos": 10,
        "site_id": "1:30:+",
        "gene_id": "G1",
        "gene_name": "one",
        "strand": "+",
        "region": "hexamer",
        "anchor": "hexamer",
        "window_index": 71,
        "logodds_narrow_ref": 0.1,
        "delta_logodds_narrow": -2.25,
        "delta_logodds": 0.5,
        "delta_usage": -0.125,
        "hexamer_ref": "AATAAA",
        "hexamer_alt": "ACTAAA",
        "mechanism": "hexamer",
        "motif_lost": "AATAAA>ACTAAA",
        "percentile": 0.75,
        "delta_cut_mean": 1.5,
        "delta_cut_entropy": -0.25,
        "flags": "hexamer_changed&opposite_signs",
        "delta_low": -3.5,
        "delta_high": -1.5,
        "direction_probability": 0.875,
    }
    return row | changes


@pytest.fixture
def vcf(tmp_path):
    path = tmp_path / "in.vcf"
    path.write_text(HEADER + RECORDS)
    pysam.tabix_compress(str(path), f"{path}.gz")
    pysam.tabix_index(f"{path}.gz", preset="vcf")
    return f"{path}.gz"


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "scores.parquet"
    rows = [
        score(),
        score(gene_id="G2", gene_name="two, or; three|four=4%"),
        score(alt="G", delta_logodds=-0.5, mechanism="other", motif_lost=None, percentile=None, flags="hexamer_indel"),
    ]
    write_table(path, pd.DataFrame(rows), "scores", {"model": "test", "model_sha256": "00"})
    return path


def info(path) -> list[str]:
    with gzip.open(path, "rt") as lines:
        return [line.rstrip("\n").split("\t")[7] for line in lines if not line.startswith("#")]


def test_each_allele_gene_and_site_has_an_entry(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    assert annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {"model": "test"}) == 1
    numbers = "0.1|-2.25|0.5|-0.125|hexamer_changed&opposite_signs|site_weakened|hexamer|AATAAA>ACTAAA||0.75|1.5|-0.25"
    numbers += "|-3.5|-1.5|0.875"
    assert info(out) == [
        "AC=1,2;PASVAR="
        f"C|G1|one|1:30:+|+|AATAAA|hexamer|{numbers},"
        f"C|G2|two%2C%20or%3B%20three%7Cfour%3D4%25|1:30:+|+|AATAAA|hexamer|{numbers},"
        "G|G1|one|1:30:+|+|AATAAA|hexamer|0.1|-2.25|-0.5|-0.125|hexamer_indel|site_weakened|other||||1.5|-0.25|-3.5|-1.5|0.875",
        "AC=1",
        ".",
    ]


def test_nothing_else_changes(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {})
    with gzip.open(out, "rt") as lines:
        records = [line for line in lines if not line.startswith("#")]
    stripped = [
        "\t".join([*f[:7], ";".join(x for x in f[7].split(";") if not x.startswith("PASVAR=")), *f[8:]])
        for f in (record.split("\t") for record in records)
    ]
    assert "".join(stripped) == RECORDS


def test_the_header_says_what_made_it(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1"]), {"pasvar_version": "9.9", "model": "test", "model_sha256": "00"})
    with gzip.open(out, "rt") as lines:
        header = [line.rstrip() for line in lines if line.startswith("##pasvar")]
    assert header == ["##pasvar_version=9.9", "##pasvar_model=test", "##pasvar_model_sha256=00"]


def test_the_output_is_indexed(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1"]), {})
    with pysam.VariantFile(str(out)) as opened:
        assert [record.pos for record in opened.fetch("chr1", 15, 25)] == [20]


def test_no_scores_leave_the_records_as_they_are(vcf, tmp_path):
    write_table(tmp_path / "none.parquet", empty_frame("scores"), "scores")
    assert annotate_vcf(vcf, tmp_path / "none.parquet", tmp_path / "out.vcf.gz", ContigNames(["1"]), {}) == 0
    assert info(tmp_path / "out.vcf.gz") == ["AC=1,2", "AC=1", "."]


def test_substitutions_are_found_however_they_are_spelled(tmp_path):
    """In the table of all substitutions, and in `scores`, which has a normal form in addition to each spelling."""
    record = "chr1\t{}\t.\t{}\t{}\t.\t.\t.\tGT\t0|1\t0|1\n".format
    spellings = [
        (8, "TTA", "TTC"),
        (8, "tta", "ttc"),
        (9, "TAG", "TCG,TGG,T"),
        (10, "A", "C"),
        (10, "A", "CT"),
        (10, "AG", "CC"),
    ]
    path = tmp_path / "in.vcf"
    path.write_text(HEADER + "".join(record(*spelling) for spelling in spellings))
    pysam.tabix_index(str(path), preset="vcf", force=True)
    found = []
    rows = [score(alt=alt, norm_ref="A", norm_alt=alt) for alt in "CG"]
    for name in ("saturation", "scores"):
        write_table(tmp_path / f"{name}.parquet", pd.DataFrame(rows), name)
        annotate_vcf(f"{path}.gz", tmp_path / f"{name}.parquet", tmp_path / "out.vcf.gz", ContigNames(["1"]), {})
        entries = [text.removeprefix("PASVAR=").split(",") for text in info(tmp_path / "out.vcf.gz")]
        found.append([[entry.split("|")[0] for entry in of_record] for of_record in entries])
    assert found == [[["TTC"], ["ttc"], ["TCG", "TGG"], ["C"], ["."], ["."]]] * 2


ODD = """\
##fileformat=VCFv4.3
##contig=<ID=chr1>
##INFO=<ID=AF,Number=A,Type=Float,Description="a, b = c">
##INFO=<ID=DB,Number=0,Type=Flag,Description="flag">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
##FORMAT=<ID=GL,Number=.,Type=Float,Description="likelihoods">
##somebody's own line, with = and "quotes"
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tann
chr1\t10\ta;b\ta\tc,<X>\t012.500\tPASS\tDB;AF=0.000199680511,1e-05\tGT:GL\t0/1:-0.10,-2.0000001
chr1\t10\t.\tA\tG\t.\t.\tDB\tGT:GL\t.
chr1\t10\t.\tA\tC,G\t1e3\t.\t.\tGT\t1|2
"""


def without_ours(lines: list[str]) -> list[str]:
    """The lines of an annotated VCF without what the annotation is."""
    found = []
    for line in lines:
        if line.startswith(("##pasvar_", "##INFO=<ID=PASVAR")):
            continue
        fields = line.split("\t")
        if not line.startswith("#"):
            fields[7] = ";".join(part for part in fields[7].split(";") if not part.startswith("PASVAR=")) or "."
        found.append("\t".join(fields))
    return found


def test_every_letter_of_a_record_stays(scores, tmp_path):
    """Numbers as they were written, whatever a parser would make of them, and lines of the header that it would refuse."""
    (tmp_path / "odd.vcf").write_text(ODD)
    pysam.tabix_index(str(tmp_path / "odd.vcf"), preset="vcf", force=True)
    out = tmp_path / "out.vcf.gz"
    assert annotate_vcf(tmp_path / "odd.vcf.gz", scores, out, ContigNames(["1"]), {"model": "m"}) == 2
    with gzip.open(out, "rt") as lines:
        text = lines.read()
    assert "\n".join(without_ours(text.splitlines())) + "\n" == ODD
    assert [entry.split("|")[0] for entry in info(out)[1].split("PASVAR=")[1].split(",")] == ["G"]


def test_an_older_annotation_is_replaced(vcf, scores, tmp_path):
    once, twice = tmp_path / "once.vcf.gz", tmp_path / "twice.vcf.gz"
    annotate_vcf(vcf, scores, once, ContigNames(["1"]), {"model": "old"})
    annotate_vcf(once, scores, twice, ContigNames(["1"]), {"model": "old"})
    assert once.read_bytes() == twice.read_bytes()
    write_table(tmp_path / "none.parquet", empty_frame("scores"), "scores")
    annotate_vcf(once, tmp_path / "none.parquet", twice, ContigNames(["1"]), {})
    assert info(twice) == ["AC=1,2", "AC=1", "."]


def test_pieces_of_the_file_make_no_difference(vcf, scores, tmp_path, monkeypatch):
    whole, cut = tmp_path / "whole.vcf.gz", tmp_path / "cut.vcf.gz"
    annotate_vcf(vcf, scores, whole, ContigNames(["1", "2"]), {})
    for limit in ("RECORDS_AT_ONCE", "NT_AT_ONCE", "BYTES_AT_ONCE"):
        monkeypatch.setattr(annotate, limit, 1)
        annotate_vcf(vcf, scores, cut, ContigNames(["1", "2"]), {})
        with gzip.open(whole) as one, gzip.open(cut) as other:
            assert one.read() == other.read()


def test_a_bcf_comes_out_as_vcf(vcf, scores, tmp_path):
    bcf, out = tmp_path / "in.bcf", tmp_path / "out.vcf.gz"
    pysam.bcftools.view("-Ob", "-o", str(bcf), vcf, catch_stdout=False)
    pysam.bcftools.index(str(bcf), catch_stdout=False)
    assert main(["annotate", "--vcf", str(bcf), "--scores", str(scores), "--out", str(out)]) == 0
    assert [path.name for path in sorted(tmp_path.glob("out*"))] == ["out.vcf.gz", "out.vcf.gz.csi"]
    with gzip.open(out, "rt") as lines:
        records = [line for line in without_ours(lines.read().splitlines()) if not line.startswith("#")]
    assert "\n".join(records) + "\n" == RECORDS
    annotate_vcf(vcf, scores, tmp_path / "vcf.vcf.gz", ContigNames(["1"]), {})
    assert info(out) == info(tmp_path / "vcf.vcf.gz")


FAR = 600_000_000  # past 2^29, where a .tbi ends


@pytest.mark.parametrize("name", ["long.vcf.gz", "long.bcf"])
def test_contigs_that_no_tbi_can_tell(tmp_path, scores, capsys, name):
    text = (
        ODD.split("##contig")[0] + "##contig=<ID=1,length=700000000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    (tmp_path / "long.vcf").write_text(text + "1\t10\t.\tA\tC\t.\t.\t.\n" + f"1\t{FAR}\t.\tA\tC\t.\t.\t.\n")
    path, out = str(tmp_path / name), tmp_path / "out.vcf.gz"
    pysam.bcftools.view(
        "-O", "b" if name.endswith("bcf") else "z", "-o", path, str(tmp_path / "long.vcf"), catch_stdout=False
    )
    pysam.bcftools.index("--csi", path, catch_stdout=False)
    write_table(
        tmp_path / "far.parquet",
        pd.DataFrame([score(), score(pos=FAR, norm_pos=FAR, norm_ref="A", norm_alt="C")]),
        "scores",
    )
    assert main(["annotate", "--vcf", path, "--scores", str(tmp_path / "far.parquet"), "--out", str(out)]) == 0
    assert "2 records annotated" in capsys.readouterr().out
    assert sorted(found.name for found in tmp_path.glob("out*")) == ["out.vcf.gz", "out.vcf.gz.csi"]
    region = f"1:{FAR}-{FAR}"
    assert [variant.POS for variant in cyvcf2.VCF(str(out))(region)] == [FAR]
    with pysam.VariantFile(str(out)) as file:
        assert [record.pos for record in file.fetch(region=region)] == [FAR]
    assert pysam.bcftools.query("-f", "%POS", "-r", region, str(out)).strip() == str(FAR)


@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_a_damaged_vcf_is_named_and_leaves_nothing(tmp_path, scores, damage):
    lines = [f"chr1\t{pos}\tid{pos}{'x' * 50}\tA\tC\t.\t.\t.\tGT\t0|1\t0|{pos % 2}\n" for pos in range(1, 5000)]
    (tmp_path / "in.vcf").write_text(HEADER + "".join(lines))
    pysam.tabix_index(str(tmp_path / "in.vcf"), preset="vcf", force=True)
    path, out = tmp_path / "in.vcf.gz", tmp_path / "out.vcf.gz"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle] ^= 0xFF
    path.write_bytes(data if damage == "flipped" else data[:middle] + data[-28:])
    with pytest.raises(InputError, match=r"in\.vcf\.gz: is damaged"):
        annotate_vcf(path, scores, out, ContigNames(["1"]), {})
    assert not list(tmp_path.glob("*out*"))


def test_indels_at_another_place_are_found_with_the_genome(tmp_path, fasta, capsys):
    # POS 78 to 82 of contig 20 are CATAC: to lose TA is to lose the AT before it
    row = score(chrom="20", pos=78, ref="CAT", alt="C", norm_pos=78, norm_ref="CAT", norm_alt="C")
    write_table(tmp_path / "scores.parquet", pd.DataFrame([row]), "scores")
    path, out = tmp_path / "in.vcf", tmp_path / "out.vcf.gz"
    header = HEADER.replace("chr1", "chr20").replace("\tFORMAT\tann\tbob", "")
    path.write_text(header + "chr20\t79\t.\tATA\tA,ATAA\t.\t.\t.\n" + "chr20\t80\t.\tTAC\tC\t.\t.\t.\n")
    pysam.tabix_index(str(path), preset="vcf", force=True)
    command = ["annotate", "--vcf", f"{path}.gz", "--scores", str(tmp_path / "scores.parquet"), "--out", str(out)]
    assert main(command) == 0
    assert info(out) == [".", "."]
    assert main([*command, "--fasta", str(fasta)]) == 0
    assert [text.split("|")[0] for text in info(out)] == ["PASVAR=A", "PASVAR=C"]
    assert "2 records annotated" in capsys.readouterr().out


@pytest.fixture
def annotated(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {"model": "test"})
    return out


ENTRIES = [
    (10, "C", "G1", -2.25, "hexamer_changed&opposite_signs"),
    (10, "C", "G2", -2.25, "hexamer_changed&opposite_signs"),
    (10, "G", "G1", -2.25, "hexamer_indel"),
]


def split(pos: int, text: str) -> tuple:
    entry = dict(zip(FIELDS, text.split("|"), strict=True))
    return pos, entry["allele"], entry["gene_id"], float(entry["delta_logodds_narrow"]), entry["flags"]


def test_cyvcf2_and_pysam_read_the_entries(annotated):
    by_cyvcf2 = [(v.POS, v.INFO.get("PASVAR")) for v in cyvcf2.VCF(str(annotated))]
    assert [split(pos, text) for pos, texts in by_cyvcf2 if texts for text in texts.split(",")] == ENTRIES
    with pysam.VariantFile(str(annotated)) as file:
        by_pysam = [split(record.pos, text) for record in file for text in record.info.get("PASVAR", ())]
        assert file.header.info["PASVAR"].description.endswith("|".join(FIELDS))
    assert by_pysam == ENTRIES


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="needs bcftools (Debian package bcftools)")
def test_bcftools_reads_every_field(annotated):
    form = "\\t".join(f"%{field}" for field in FIELDS)
    commands = [
        ["bcftools", "+split-vep", "-a", "PASVAR", "-d", "-f", f"%POS\\t{form}\\n", annotated],
        ["bcftools", "query", "-i", 'PASVAR!="."', "-f", "%POS\\t%INFO/PASVAR\\n", annotated],
        ["bcftools", "view", "-Ou", "-o", annotated.with_suffix(".bcf"), annotated],
    ]
    by_plugin, by_query, _ = (subprocess.run(c, capture_output=True, text=True, check=True) for c in commands)
    rows = [line.split("\t") for line in by_plugin.stdout.splitlines()]
    assert [split(int(pos), "|".join("" if v == "." else v for v in values)) for pos, *values in rows] == ENTRIES
    rows = [line.split("\t") for line in by_query.stdout.splitlines()]
    assert [split(int(pos), text) for pos, texts in rows for text in texts.split(",")] == ENTRIES


VEP_READER = """
use strict; use warnings; use Bio::DB::HTS::Tabix;
my $tabix = Bio::DB::HTS::Tabix->new(filename => $ARGV[0]);
print join(",", @{$tabix->seqnames}), "\\n", $tabix->header, "\\n";
my $found = $tabix->query_full("chr1", 10, 10);
while (my $line = $found->next) { print "$line\\n" }
"""


def has_vep_reader() -> bool:
    if shutil.which("perl") is None:
        return False
    return (
        subprocess.run(["perl", "-MBio::DB::HTS::Tabix", "-e", "1"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(
    not has_vep_reader(), reason="needs the Perl module Bio::DB::HTS (Debian package libbio-db-hts-perl)"
)
@pytest.mark.parametrize("suffix", [".tbi", ".csi"])
def test_vep_reads_it_as_a_custom_annotation(vcf, scores, tmp_path, suffix):
    """With the module by which VEP's `--custom` reads a VCF, and as VEP takes the lines apart: header lines are key=value;
    INFO is cut at `;` and then at `=`, so neither may be in a value; it is asked for by its ID."""
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {"model": "test"}, index_suffix=suffix)
    done = subprocess.run(["perl", "-e", VEP_READER, out], capture_output=True, text=True, check=True)
    names, *lines = done.stdout.splitlines()
    assert names == "chr1,chr2"
    header, (record,) = (
        [line for line in lines if line.startswith("#")],
        [line for line in lines if line.startswith("chr1")],
    )
    assert all(re.fullmatch(r"##\w+=.+", line) for line in header[:-1])
    described = next(line for line in header if line.startswith("##INFO=<ID=PASVAR,"))
    assert described.removeprefix("##INFO=<").removesuffix(">").split(",")[:3] == [
        "ID=PASVAR",
        "Number=.",
        "Type=String",
    ]
    by_id = {part.split("=")[0]: part.split("=")[1:] for part in record.split("\t")[7].split(";")}
    (value,) = by_id["PASVAR"]
    assert [split(10, text) for text in value.split(",")] == ENTRIES


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="needs bcftools (Debian package bcftools)")
def test_bcftools_splits_the_entries(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {})
    query = "%POS %allele %gene_id %delta_logodds_narrow\\n"
    command = ["bcftools", "+split-vep", "-a", "PASVAR", "-d", "-f", query, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["10 C G1 -2.25", "10 C G2 -2.25", "10 G G1 -2.25"], done.stderr


def test_the_command_annotates_without_a_model(vcf, scores, tmp_path, capsys):
    out = tmp_path / "out.vcf.gz"
    assert main(["annotate", "--vcf", vcf, "--scores", str(scores), "--out", str(out)]) == 0
    assert "1 record annotated" in capsys.readouterr().out
    assert info(out)[0].count("|") == 3 * (len(FIELDS) - 1)


def test_the_command_says_what_is_wrong_in_one_line(scores, tmp_path, capsys):
    assert main(["annotate", "--vcf", "none.vcf.gz", "--scores", str(scores), "--out", str(tmp_path / "o.vcf.gz")]) == 1
    assert capsys.readouterr().err == "pasvar: error: none.vcf.gz: no such VCF file (config key `vcf`)\n"


def test_genes_and_new_sites_have_fields_of_their_own(vcf, scores, tmp_path):
    allele = {"chrom": "1", "ref": "A", "alt": "G", "gene_id": "G1", "gene_name": "one"}
    gene = dict.fromkeys(TABLES["gene_effects"].schema.names) | allele | {
        "pos": 10, "n_sites": 3, "site_id": "1:30:+", "delta_pdui": 0.25, "delta_utr_length": -60.5, "total_variation": 0.5,
        "direction": "shortening", "gaining_site": "1:9:+", "losing_site": "1:30:+", "delta_truncated": 0.0, "top_tissue": None,
        "impact": 0.5, "confidence": 0.5, "expected_impact": 0.25, "utr_lost": 21.0, "flags": "a_rich&weak_reference",
        "delta_low": -1.5, "delta_high": -0.5, "direction_probability": 0.75,
    }  # fmt: skip
    new = dict.fromkeys(TABLES["new_sites"].schema.names) | allele | {
        "pos": 20, "ref": "T", "alt": "TA", "site_id": "1:45:+", "strand": "+", "site_class": "3utr", "hexamer_ref": "AATGAA",
        "hexamer_alt": "AATAAA", "logodds_narrow_ref": -5.0, "delta_logodds_narrow": 3.0, "strength": 0.5, "usage_ref": 0.125,
        "usage_alt": 0.25, "delta_utr_length": None,
    }  # fmt: skip
    for name, row in (("gene_effects", gene), ("new_sites", new)):
        write_table(tmp_path / f"{name}.parquet", pd.DataFrame([row]), name)
    more = {GENE: tmp_path / "gene_effects.parquet", NEW_SITE: tmp_path / "new_sites.parquet"}
    out = tmp_path / "out.vcf.gz"
    assert annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {}, more=more) == 2
    first, second, third = info(out)
    assert first.split(";PASVAR_GENE=")[1] == (
        "G|G1|one|3|1:30:+|0.25|-60.5|0.5|shortening|1:9:+|1:30:+|0.0||3utr_shortening|0.5|0.5|0.25|21.0||a_rich&weak_reference"
        "|-1.5|-0.5|0.75|||"
    )
    assert second == "AC=1;PASVAR_NEW=TA|G1|one|1:45:+|+|3utr|AATGAA|AATAAA|-5.0|3.0|0.5|0.125|0.25||site_created"
    assert third == "."
    with pysam.VariantFile(str(out)) as file:
        for name in ("PASVAR_GENE", "PASVAR_NEW"):
            assert "Format: allele|gene_id|gene_name|" in file.header.info[name].description


def test_the_gene_with_the_highest_expected_impact_comes_first_and_a_deletion_has_its_own_end(tmp_path):
    """Two records that spell `<DEL>` alike: the rows are of the one that ends at 90."""
    allele = {
        "chrom": "1",
        "pos": 50,
        "ref": "A",
        "alt": "<DEL>",
        "norm_pos": 50,
        "site_id": "1:80:+",
        "structural_end": 90,
    }
    rows = [
        dict.fromkeys(TABLES["gene_effects"].schema.names)
        | allele
        | {"gene_id": name, "gene_name": name, "direction": "none", "expected_impact": impact, "copies": 0}
        for name, impact in (("LOW", 0.125), ("NULL", None), ("HIGH", 0.5))
    ]
    write_table(tmp_path / "gene_effects.parquet", pd.DataFrame(rows), "gene_effects")
    write_table(tmp_path / "scores.parquet", empty_frame("scores"), "scores")
    lines = [f"chr1\t50\t.\tA\t<DEL>\t.\tPASS\tEND={end}\tGT\t0|1\t0|0" for end in (90, 95)]
    path = tmp_path / "sv.vcf"
    path.write_text(HEADER + "\n".join(lines) + "\n")
    pysam.tabix_compress(str(path), f"{path}.gz")
    pysam.tabix_index(f"{path}.gz", preset="vcf")
    out, more = tmp_path / "out.vcf.gz", {GENE: tmp_path / "gene_effects.parquet"}
    names = ContigNames(["1", "2"])
    assert annotate_vcf(f"{path}.gz", tmp_path / "scores.parquet", out, names, {}, more=more) == 1
    first, second = info(out)
    entries = [entry.split("|") for entry in first.split("PASVAR_GENE=")[1].split(",")]
    assert [entry[1] for entry in entries] == ["HIGH", "LOW", "NULL"]
    assert entries[0][-2:] == ["90", "0"]
    assert second == "END=95"


def test_a_record_that_is_filtered_has_no_entry_though_its_change_was_scored(tmp_path):
    """One change in three records: filtered, scored and filtered again; and respelled in a filtered one."""
    lines = [
        "chr1\t9\t.\tGA\tGC\t.\tq10\t.",
        "chr1\t10\t1\tA\tC\t.\tq10\t.",
        "chr1\t10\t2\tA\tC,C\t.\tPASS\tDP=3;;",
        "chr1\t10\t3\tA\tC\t.\tPASS\t.",
        "chr1\t10\t4\tA\tC\t.\tq10\t.",
    ]
    vcf = tmp_path / "a.vcf.gz"
    with pysam.BGZFile(str(vcf), "w") as file:
        file.write((HEADER.replace("\tFORMAT\tann\tbob", "") + "\n".join(lines) + "\n").encode())
    pysam.tabix_index(str(vcf), preset="vcf")
    write_table(tmp_path / "scores.parquet", pd.DataFrame([score(norm_ref="A", norm_alt="C")]), "scores")
    statuses = ["filtered", "filtered", "scored", "duplicate", "duplicate", "filtered"]
    ledger = pd.DataFrame({"status": statuses, "vcf": "a.vcf.gz"}).assign(
        chrom="1", pos=10, ref="A", alt="C", n_sites=1, id=None, reason=None
    )
    ledger.loc[0, ["pos", "ref", "alt"]] = [9, "GA", "GC"]
    other = ledger.iloc[[2]].assign(vcf="another.vcf.gz", status="filtered")
    write_table(tmp_path / "ledger.parquet", pd.concat([ledger.iloc[:1], other, ledger.iloc[1:]]), "ledger")
    out = tmp_path / "out.vcf.gz"
    names = ContigNames(["1"])
    annotate_vcf(vcf, tmp_path / "scores.parquet", out, names, {}, ledger=tmp_path / "ledger.parquet")
    with gzip.open(out, "rt") as lines:
        infos = [line.rstrip().split("\t")[7].split("|")[0] for line in lines if line[0] != "#"]
    assert infos == [".", ".", "DP=3;PASVAR=C", "PASVAR=C", "."]


@pytest.fixture
def both(vcf, scores, tmp_path) -> list[str]:
    """The annotated VCF with and without genotypes."""
    paths = [str(tmp_path / f"{name}.vcf.gz") for name in ("whole", "sites")]
    more = {}
    for info_field, name in ((GENE, "gene_effects"), (NEW_SITE, "new_sites")):
        more[info_field] = tmp_path / f"{name}.parquet"
        write_table(more[info_field], empty_frame(name), name)
    for path, genotypes in zip(paths, (True, False), strict=True):
        annotate_vcf(vcf, scores, path, ContigNames(["1", "2"]), {}, more=more, genotypes=genotypes)
    return paths


def text_of(path) -> list[str]:
    with gzip.open(path, "rt") as file:
        return file.read().splitlines()


def test_genotypes_can_be_left_out(both):
    whole, sites = map(text_of, both)
    assert sites == [
        line if line[:2] == "##" else "\t".join(line.split("\t")[:8]) for line in whole if "FORMAT=" not in line
    ]
    assert cyvcf2.VCF(both[1]).samples == []
    assert [variant.POS for variant in cyvcf2.VCF(both[1])("chr1:15-25")] == [20]


def test_one_line_of_bcftools_joins_the_fields_to_the_genotypes(both, vcf, tmp_path):
    fields = "INFO/PASVAR,INFO/PASVAR_GENE,INFO/PASVAR_NEW"  # the line of docs/annotated-vcf.md
    joined = str(tmp_path / "joined.vcf.gz")
    pysam.bcftools.annotate("-a", both[1], "-c", fields, "-Oz", "-o", joined, vcf, catch_stdout=False)
    records = [[line for line in text_of(path) if line[:2] != "##"] for path in (joined, both[0])]
    assert records[0] == records[1]
    assert "PASVAR=C|G1" in records[0][1]


@pytest.mark.parametrize(("n_people", "kept"), [(2, True), (1, False)])
def test_up_to_a_number_of_people_genotypes_stay(vcf, scores, tmp_path, monkeypatch, caplog, n_people, kept):
    monkeypatch.setattr(annotate, "MAX_PEOPLE", n_people)
    out = tmp_path / "out.vcf.gz"
    with caplog.at_level("INFO"):
        annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {})
    assert cyvcf2.VCF(str(out)).samples == (["ann", "bob"] if kept else [])
    assert ("has no genotypes (2 people)" in caplog.text) is not kept


def test_the_documented_limit_of_people():
    assert annotate.MAX_PEOPLE == 10_000


def test_where_small_counts_are_hidden_no_genotype_and_no_count_of_people_stays(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {"model": "test"}, min_cell=5, genotypes=True)
    texts = info(out)
    assert texts[0].startswith("PASVAR=C|G1|one|")
    assert texts[1:] == [".", "."]
    with pysam.VariantFile(str(out)) as file:
        assert list(file.header.samples) == []
