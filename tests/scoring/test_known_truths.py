"""Variants of known effect, as sequences through `pasvar effect`, with the authors' network.

The windows are those of the reporter assay that come with pasvar: 164 nt, N around them. NAA10 (X:153929948, 153929947, 153929944
T>C of GRCh38) is not among its genes: it needs the genome.
"""

import json

import pytest

from pasvar.cli.main import main
from pasvar.scoring import known_variants

TRUTHS = {  # of the narrow log odds: as measured, as the network says, and the reference
    "HBB c.*110T>C": (-4.34, -4.21, 0.69),
    "HBB c.*111A>G": (-3.63, -4.02, 0.69),
    "HBB c.*112A>G": (-4.22, -4.00, 0.69),
    "HBB c.*113A>G": (-4.07, -3.96, 0.69),
    "HBA2 c.*92A>G": (-4.18, -3.15, -1.74),
    "HBA2 c.*94A>G": (-4.33, -3.41, -1.74),
    "F2 c.*97G>A": (0.31, 0.35, -1.27),
    "F2 c.*108C>T": (0.73, 0.21, -1.27),
    "TP53 c.*1175A>C": (-2.92, -2.47, -0.91),
    "FOXP3 hexamer": (-2.32, -2.71, -4.13),
    "INS c.*59A>G": (-3.75, -4.58, -2.14),
    "ARSA hexamer": (-1.13, -0.92, -6.16),
    "IRF5 c.*555G>A": (3.17, 3.35, -2.82),
    "HBB c.*118A>G": (-0.21, -0.06, 0.69),
    "HBB c.*132C>A": (-0.05, -0.01, 0.69),
    "HBB c.*129T>C": (0.14, 0.08, 0.69),
    "HBA2 c.*136A>G": (0.11, -0.02, -1.74),
    "HBA2 c.*82G>A": (0.19, 0.11, -1.74),
    "F2 c.*96C>T": (0.15, 0.04, -1.27),
    "TP53 c.*1160T>G": (-0.09, -0.05, -0.91),
    "HBA2 c.*98T>C": (-0.63, -0.21, -1.74),
    "HBA2 c.*104G>T": (1.16, 0.51, -1.74),
    "HBB c.*132C>T": (-0.59, -0.30, 0.69),
    "ARSA c.*103C>T": (-0.36, 0.17, -6.16),
}
DELETIONS = {  # gene: the bases of the hexamer, and of the window, that are gone
    "HBB c.*110_*111del": ("HBB", "TA", 72),
    "HBA2 c.*93_*94del": ("HBA2", "AA", 74),
}


def effects(pairs: dict[str, tuple[str, str]], released_file, tmp_path, capsys) -> dict[str, dict]:
    path = tmp_path / "pairs.tsv"
    path.write_text("name\tref\talt\n" + "".join(f"{name}\t{ref}\t{alt}\n" for name, (ref, alt) in pairs.items()))
    assert main(["effect", "--pairs", str(path), "--model", str(released_file), "--device", "cpu", "--json"]) == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_the_measured_ones(released_file, tmp_path, capsys):
    known = known_variants()
    names = (known.gene + " " + known.change).to_list()
    found = effects(
        dict(zip(names, zip(known.ref, known.alt, strict=True), strict=True)), released_file, tmp_path, capsys
    )
    assert set(found) == set(TRUTHS)
    for name, (measured, network, reference) in TRUTHS.items():
        row = found[name]
        assert row["delta_logodds_narrow"] == pytest.approx(network, abs=0.01), name
        assert row["logodds_narrow_ref"] == pytest.approx(reference, abs=0.01), name
        assert known.measured[names.index(name)] == pytest.approx(measured, abs=0.01), name
        # What is known: the direction of every variant but one, which the network has on the wrong side.
        if abs(measured) > 0.25 and name != "ARSA c.*103C>T":
            assert row["delta_logodds_narrow"] * measured > 0, name


def test_the_deletions_in_the_signals_of_the_globins(released_file, tmp_path, capsys):
    """Not measured: alleles of thalassaemia, which lose the signal as the substitutions next to them do."""
    windows = known_variants().drop_duplicates("gene").set_index("gene").ref
    pairs = {}
    for name, (gene, bases, index) in DELETIONS.items():
        ref = windows[gene]
        assert (ref[70:76], ref[index : index + 2]) == ("AATAAA", bases)
        pairs[name] = (ref, ref[:index] + ref[index + 2 :] + "NN")
    for name, row in effects(pairs, released_file, tmp_path, capsys).items():
        assert row["hexamer_alt"] != "AATAAA", name
        assert row["delta_logodds_narrow"] < -2, name
