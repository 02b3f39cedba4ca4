import pytest

from pasvar.contigs import ContigNames, shorten, ucsc_name


@pytest.mark.parametrize(
    ("fasta", "asked", "found"),
    [
        (["20", "X"], "20", "20"),
        (["20", "X"], "chr20", "20"),
        (["20", "X"], "Chr20", "20"),
        (["chr20", "chrX"], "20", "chr20"),
        (["chr20", "chrX"], "X", "chrX"),
        (["MT"], "chrM", "MT"),
        (["MT"], "M", "MT"),
        (["chrM"], "MT", "chrM"),
        (["chrMT"], "M", "chrMT"),
        (["20"], "21", None),
        (["20"], "chr2", None),
        (["2"], "chr20", None),
        (["chrUn_KI270302v1"], "KI270302v1", None),
        (["20"], "", None),
    ],
)
def test_names_differ_in_chr_or_mitochondrion_alone(fasta, asked, found):
    assert ContigNames(fasta).match(asked) == found


def test_the_same_name_comes_before_a_similar_one():
    names = ContigNames(["20", "chr20"])
    assert (names.match("20"), names.match("chr20")) == ("20", "chr20")


def test_two_candidates_are_none():
    assert ContigNames(["20", "chr20"]).match("CHR20") is None


def test_table_has_only_what_matches():
    assert ContigNames(["20", "MT"]).table(["chr20", "chrM", "chr5", "20"]) == {"chr20": "20", "chrM": "MT", "20": "20"}


@pytest.mark.parametrize(
    ("names", "text"),
    [([], ""), (["a"], "a"), (list("abcde"), "a, b, c, d, e"), (list("abcdefg"), "a, b, c, d, e and 2 more")],
)
def test_shorten(names, text):
    assert shorten(names) == text


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *[("20", "chr20"), ("chr20", "chr20"), ("X", "chrX"), ("Chr7", "chr7"), ("2A", "chr2A")],
        *[("MT", "chrM"), ("M", "chrM"), ("chrM", "chrM"), ("chrMT", "chrM")],
        *[("chrUn_KI270302v1", "chrUn_KI270302v1"), ("GL000191.1", None), ("1_KI270706v1_random", None), ("", None)],
    ],
)
def test_names_of_ucsc(name, found):
    assert ucsc_name(name) == found
