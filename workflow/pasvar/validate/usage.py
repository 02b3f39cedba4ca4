"""Which of a gene's sites is used, and how much: predicted from the annotation alone, compared with what PolyASite 2.0 measured.

PolyASite's atlas of chromosome 20 names the site of a gene that is used most, and its share of the gene's reads. It also fits
the coefficients of the prediction (`sites.usage`); what is said of these is said of genes that were left out of the fit.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import torch

from pasvar.config import fill_sites
from pasvar.effects import score_sites
from pasvar.genome import Genome
from pasvar.model import BUNDLED, Checkpoint
from pasvar.scoring import WINDOW_SCORES, Engine, reference_windows, score_windows
from pasvar.sites import (
    USAGE_TERMS,
    make_sites,
    predict_sites,
    prediction_rules,
    published_usage,
    share_out,
    site_calibration_of,
    usage_terms,
)
from pasvar.validate.inputs import Inputs
from pasvar.validate.page import markdown

GENOME = "data/grch37_chr20/chr20.fa"
ANNOTATION = "data/grch37_chr20/Homo_sapiens.GRCh37.75.protein_coding.chr20.gtf.gz"
PREDOMINANT = "data/grch37_chr20/polyasite2_predominant.chr20.bed"

MIN_TPM = 1.0
"""Reads of a gene, per million, above which its shares are more than counting noise."""

REACH = 24
"""A site is the predominant one where its cut lies so many nt from the measured cluster, or in it (`merge_distance`)."""

FOLDS, REPEATS = 10, 5

RIDGE = 0.1
"""Weight of the squared coefficients in the loss, which is a sum over about 300 genes."""


class Measured:
    """Genes whose predominant site is measured, and their sites.

    sites: rows of table `sites`, whole genes. gene: (n,) number of each site's gene. is_predominant, takes_part: (n,). share:
    (genes,) of the predominant site. is_judged: (genes,) whether the annotation has two ends or more, so that there is
    something to choose.
    """

    def __init__(self, sites: pd.DataFrame, predominant: pd.DataFrame):
        counts = sites[sites.n_transcripts > 0].groupby("gene_name").size()
        measured = predominant[(predominant.total > MIN_TPM) & predominant.gene_name.isin(counts.index)]
        measured = measured.drop_duplicates("gene_name").set_index("gene_name")
        self.sites = sites[sites.gene_name.isin(measured.index)].reset_index(drop=True)
        self.gene = pd.Index(measured.index).get_indexer(self.sites.gene_name)
        cut = self.sites.cut_pos.to_numpy() - 1
        start, end = measured.start.to_numpy()[self.gene], measured.end.to_numpy()[self.gene]
        self.is_predominant = (cut >= start - REACH) & (cut <= end - 1 + REACH)
        self.takes_part = self.sites.in_usage.to_numpy(dtype=bool)
        self.share = measured.share.to_numpy()
        self.is_judged = counts[measured.index].to_numpy() > 1

    def per_gene(self, values: np.ndarray) -> np.ndarray:
        """(genes,) sums of the sites' values."""
        return np.bincount(self.gene, values, len(self.share))

    @property
    def has_predominant(self) -> np.ndarray:
        """(genes,) whether the predominant site is among those that take part."""
        return self.per_gene(self.is_predominant & self.takes_part) > 0

    def judge(self, usage: np.ndarray) -> tuple[float, float]:
        """Share of the judged genes whose most used site is the predominant one, and mean error of its share; a site that is not
        there has 0. usage: (n,) of the sites."""
        top = pd.Series(usage).groupby(self.gene).idxmax()
        is_right = np.zeros(len(self.share), dtype=bool)
        is_right[top.index] = self.is_predominant[top.to_numpy()]
        error = np.abs(self.per_gene(usage * self.is_predominant) - self.share)
        return float(is_right[self.is_judged].mean()), float(error[self.is_judged].mean())


def read_predominant(inputs: Inputs) -> pd.DataFrame:
    """Clusters of PolyASite: chrom, start, end (0-based, half-open), gene_name, total (TPM of the gene) and share."""
    names = ["chrom", "start", "end", "name", "gene_name", "strand", "kind", "tpm", "total", "share"]
    return pd.read_csv(inputs.path(PREDOMINANT), sep="\t", header=None, names=names, dtype={"chrom": str})


def annotated_and_predicted(inputs: Inputs, checkpoint: Checkpoint, engine: Engine) -> pd.DataFrame:
    """Table `sites` of chromosome 20 from the annotation and the network, by the defaults of the configuration."""
    settings = fill_sites({})
    score = partial(score_windows, engine)
    with Genome(inputs.path(GENOME)) as genome:
        made = make_sites(inputs.path(ANNOTATION), genome, settings)
        rules, calibration = prediction_rules(settings), site_calibration_of(checkpoint.digest)
        catalogue = predict_sites(made.catalogue, made.exons, genome, rules, calibration, score).catalogue
        windows = reference_windows(catalogue, genome)
    scores = windows[["site_id"]].join(score(windows.window))
    return score_sites(
        catalogue.drop(columns=list(WINDOW_SCORES), errors="ignore"), scores, made.exons, 0.0, checkpoint.sha256
    )


# --- fit ----------------------------------------------------------------------------------------------------------------


def fit(measured: Measured, chosen: np.ndarray) -> np.ndarray:
    """(4,) coefficients by `USAGE_TERMS`, from the chosen genes that have the predominant site among several.

    The loss of a gene is half the cross-entropy and half the absolute error of the predominant site's share: the first
    alone is content with shares that are too even.
    """
    terms = torch.tensor(usage_terms(measured.sites))
    n_genes = len(measured.share)
    gene, hit = torch.tensor(measured.gene), torch.tensor(measured.is_predominant.astype(np.float64))
    usable = chosen & measured.has_predominant & (measured.per_gene(measured.takes_part) > 1)
    weight, share = torch.tensor(usable.astype(np.float64)), torch.tensor(measured.share)
    silent = torch.tensor(np.where(measured.takes_part, 0.0, -np.inf))
    coefficients = torch.zeros(terms.shape[1], dtype=torch.float64, requires_grad=True)

    def loss() -> torch.Tensor:
        value = terms @ coefficients + silent
        most = torch.full((n_genes,), -torch.inf, dtype=torch.float64).scatter_reduce(0, gene, value.detach(), "amax")
        odds = (value - most[gene]).exp()
        zero = torch.zeros(n_genes, dtype=torch.float64)
        usage = (zero.index_add(0, gene, odds * hit) / zero.index_add(0, gene, odds)).clamp(1e-6, 1 - 1e-6)
        entropy = -(share * usage.log() + (1 - share) * (1 - usage).log())
        error = ((usage - share) ** 2 + 1e-4).sqrt()
        return (weight * (entropy / 2 + error)).sum() + RIDGE * (coefficients**2).sum()

    optimizer = torch.optim.LBFGS([coefficients], max_iter=200, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(step)
    return coefficients.detach().numpy()


def cross_validated(measured: Measured) -> tuple[float, float]:
    """`Measured.judge` of usages by coefficients that were fit on other genes; the mean of `REPEATS` divisions of the genes."""
    found = []
    for seed in range(REPEATS):
        fold = np.random.default_rng(seed).permutation(len(measured.share)) % FOLDS
        usage = np.zeros(len(measured.gene))
        for left_out in range(FOLDS):
            rows = fold[measured.gene] == left_out
            usage[rows] = predicted(measured, fit(measured, fold != left_out))[rows]
        found.append(measured.judge(usage))
    return tuple(np.mean(found, axis=0))


def predicted(measured: Measured, coefficients: np.ndarray) -> np.ndarray:
    """(n,) usages by other coefficients than those of the package."""
    return share_out(usage_terms(measured.sites) @ coefficients, measured.sites)


# --- the other rules ----------------------------------------------------------------------------------------------------


def _by_gene(sites: pd.DataFrame, rule: Callable[[pd.DataFrame], np.ndarray]) -> np.ndarray:
    """Usages of annotated ends by a rule for the annotated ends of one gene, proximal to distal; 0 for other sites."""
    usage = pd.Series(0.0, index=sites.index)
    for _, gene in sites[sites.n_transcripts > 0].sort_values("rank").groupby("gene_id"):
        usage[gene.index] = rule(gene).astype(np.float64)
    return usage.to_numpy()


def _all_at(column: str) -> Callable[[pd.DataFrame], np.ndarray]:
    """The rule that all ends are at the site with the most of a column, of equals the most distal."""
    return lambda gene: np.arange(len(gene)) == len(gene) - 1 - gene[column].to_numpy()[::-1].argmax()


RULES: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "published regression (PolyA_DB v3)": lambda gene: published_usage(
        gene.logodds_narrow.to_numpy(), gene.cut_pos.to_numpy()
    ),
    "strongest end": _all_at("logodds_narrow"),
    "most distal end": _all_at("rank"),
    "end of most transcripts": _all_at("n_transcripts"),
}


def measure(inputs: Inputs) -> str:
    """The section's markdown."""
    predominant = read_predominant(inputs)
    rows, fits, n_judged, among = [], [], 0, 0.0
    for name, checkpoint in inputs.checkpoints.items():
        measured = Measured(annotated_and_predicted(inputs, checkpoint, inputs.engines[name]), predominant)
        if name != BUNDLED:
            rows += [(rule, *_texts(measured.judge(_by_gene(measured.sites, of)))) for rule, of in RULES.items()]
        rows.append((f"pasvar, {name}, genes left out of the fit", *_texts(cross_validated(measured))))
        rows.append((f"pasvar, {name}, as shipped", *_texts(measured.judge(measured.sites.usage_ref.to_numpy()))))
        fits.append((name, *(f"{value:.3f}" for value in fit(measured, np.full(len(measured.share), True)))))
        among = measured.has_predominant[measured.is_judged].mean()
        n_judged = int(measured.is_judged.sum())
    table = pd.DataFrame(rows, columns=["rule", "most used site is right", "mean error of its share"])
    coefficients = pd.DataFrame(fits, columns=["network", *USAGE_TERMS])
    return f"""
The predominant site of {n_judged} genes of chromosome 20 (GRCh37, Ensembl 75) with two annotated ends or more and
above {MIN_TPM:g} TPM in PolyASite 2.0, from the annotation and the network alone. A site counts as the predominant one
where its cut lies at most {REACH} nt from the cluster; where it is missing its share is 0, as in {1 - among:.0%} of the genes.

{markdown(table)}

The coefficients (`sites.usage`) are fit on the genes of chromosome 20 above {MIN_TPM:g} TPM, also those with one
annotated end. Left out means {FOLDS}-fold cross-validation by gene, {REPEATS} times. The standard error of a share of
these genes is about 0.03. Which terms there are was chosen on the same genes. The confidence of sites was fit to
PolyA_DB on chromosome 22, which has no measure of usage that would test the coefficients. Tags of transcripts (CCDS, a
merged annotation, the first name), the hexamer, distances between sites and the most distal place added nothing.

{markdown(coefficients)}
"""


def _texts(figures: tuple[float, float]) -> tuple[str, str]:
    return f"{figures[0]:.3f}", f"{figures[1]:.3f}"
