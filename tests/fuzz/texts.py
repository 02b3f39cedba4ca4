"""What a user may type, drawn by hypothesis from what the formats allow and from what they do not."""

from functools import lru_cache
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, strategies as st

from fuzz.damage import WORDS
from pasvar.config_schema import read_schema

GOOD = {"fasta": "genome.fa", "gtf": "genes.gtf", "vcf": "in.vcf.gz"}
_AT_ONCE = 40
_PROPERTIES = read_schema()["properties"]

_words = st.sampled_from(WORDS)
_numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from([0, 1, 1.0, -1, 10**9, 2**63, float("nan"), float("inf")])
)
_plain = st.one_of(st.none(), st.booleans(), _numbers, st.text(max_size=20), _words, st.dates())
_values = st.recursive(
    _plain,
    lambda inside: st.one_of(
        st.lists(inside, max_size=4), st.dictionaries(st.one_of(st.text(max_size=8), st.integers()), inside, max_size=4)
    ),
    max_leaves=12,
)


def _near(described: dict) -> st.SearchStrategy:
    """Values of a key that its schema may take, as far as its own words say."""
    if "enum" in described:
        return st.sampled_from(described["enum"])
    kinds = described.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    low, high = described.get("minimum", 0), described.get("maximum", 10)
    of = {
        "integer": st.integers(int(low) - 1, int(high) + 1),
        "number": st.floats(low - 0.1, high + 0.1),
        "string": st.one_of(
            _words, st.sampled_from(["atlas.bed", "in.vcf.gz", ".", "cpu\n", "cuda:0", "polyasite2", "model"])
        ),
        "boolean": st.booleans(),
        "array": st.lists(_words, max_size=3),
        "object": st.dictionaries(
            st.sampled_from(sorted(described.get("properties", {})) or ["x"]), _plain, max_size=3
        ),
        "null": st.none(),
    }
    return st.one_of(*(of[kind] for kind in kinds))


_known = st.sampled_from(sorted(_PROPERTIES))
_keys = st.one_of(_known, _known, st.text(max_size=5), st.integers())


@st.composite
def _configs(draw: st.DrawFn) -> dict:
    config: dict[Any, Any] = dict(GOOD)
    for _ in range(draw(st.integers(0, 3))):
        key = draw(_keys)
        config[key] = draw(st.one_of(_values, _near(_PROPERTIES[key])) if key in _PROPERTIES else _values)
    return config


_contigs = st.one_of(st.sampled_from(["20", "chr20", "21", "NC_000020.11", "20:1", ""]), _words)
_bases = st.one_of(st.text("ACGTNacgt-", max_size=8), _words)
_places = st.one_of(st.integers(-5, 800).map(str), _words)
_changes = st.sampled_from(
    ["150A>G", "150_152del", "150dup", "*10A>G", "-5T>C", "150_9del", "150insACG", "150delinsA", "1_2inv", "?", "="]
)
_variants = st.one_of(
    st.builds("{}:{}:{}:{}".format, _contigs, _places, _bases, _bases),
    st.builds("{}-{}-{}-{}".format, _contigs, _places, _bases, _bases),
    st.builds("{}:{}.{}".format, _contigs, st.sampled_from("gcnmpx"), st.one_of(_changes, st.text(max_size=12))),
    st.builds("{}\t{}\t.\t{}\t{}\t.\t.\t.".format, _contigs, _places, _bases, _bases),
    st.from_regex(r"(chr)?2[01][:-][0-9,]{1,12}[:-][ACGT]{1,5}[:>-][ACGT]{0,5}", fullmatch=True),
    st.text(max_size=40),
)

_files = st.one_of(
    st.sampled_from(
        ["in.vcf.gz", "in.bcf", "scores.parquet", "genome.fa", "genes.gtf", "atlas.bed", "config.yaml", "pairs.tsv"]
    ),
    st.sampled_from(
        ["store", "model", ".", "none", "pipe", "link", "model.safetensors", "-x", "in.vcf.gz.tbi", "null"]
    ),
    _words,
)
_no_slash = st.characters(exclude_characters="/")  # outside the folder nothing may be written
_anything = st.one_of(_files, _numbers.map(str), st.text(_no_slash, max_size=8))
_OPTIONS = {
    "annotate": ("--vcf", "--scores", "--out", "--fasta", "--min-effect", "--gene-effects", "--new-sites"),
    "export": ("--saige", "--regenie", "--tsv", "--ids"),
    "store": ("--compact",),
    "sites": (
        "--gtf",
        "--fasta",
        "--out",
        "--atlas",
        "--config",
        "--biotypes",
        "--merge-distance",
        "--min-canonical-share",
    ),
}


@st.composite
def _arguments(draw: st.DrawFn) -> list[str]:
    command = draw(st.sampled_from([*_OPTIONS, *_OPTIONS, "", "nonsense", "--version"]))
    arguments = [command]
    if command == "annotate":
        arguments += [
            "--vcf",
            draw(_files),
            "--scores",
            draw(st.one_of(st.just("scores.parquet"), _files)),
            f"--out={draw(_files)}",
        ]
    elif command == "sites":
        arguments += [
            f"--gtf={draw(_files)}",
            "--fasta",
            draw(st.one_of(st.just("genome.fa"), _files)),
            f"--out={draw(_files)}",
        ]
    elif command:
        arguments.append(draw(_files))
    for option in draw(st.lists(st.sampled_from(_OPTIONS.get(command, ("--help",))), max_size=2)):
        arguments += [option, draw(_anything)]
    return arguments


STRATEGIES = {"config": _configs(), "variant": _variants, "arguments": _arguments()}


def draw(kind: str, number: int) -> Any:
    """Value `number` of a kind: the same each time."""
    found = _draws(kind, number // _AT_ONCE)
    return found[number % _AT_ONCE % len(found)]


@lru_cache(maxsize=4)
def _draws(kind: str, seed: int) -> list[Any]:
    found: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=_AT_ONCE,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(STRATEGIES[kind])
    def keep(value: Any) -> None:
        found.append(value)

    keep()
    return found
