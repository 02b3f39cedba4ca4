"""Log odds of one shard's alternate windows: of alleles, of haplotypes, and of sites that alleles may make."""

from pasvar.interactions import joint_windows
from pasvar.jobs import logged
from pasvar.network import LazyEngine
from pasvar.progress import lines
from pasvar.scores import score_parts
from pasvar.store import open_store
from pasvar.tables import read_table, write_table


def main(inputs, outputs, device: str, threads: int, store: str | None) -> None:
    engine = LazyEngine(inputs.model, device, threads)
    alleles, candidates = (read_table(inputs[name], name) for name in ("alleles", "candidates"))
    haplotypes = joint_windows(read_table(inputs.haplotypes, "site_haplotypes"))
    windows = (alleles.window_alt, haplotypes.window_alt, candidates.window_alt, candidates.window_ref)
    scores = score_parts(engine, windows, lines, open_store(store, engine))
    of_alleles, of_haplotypes, of_candidates = (part.add_suffix("_alt") for part in scores[:3])
    for name, table in (
        ("allele_scores", alleles.join(of_alleles)),
        ("haplotype_scores", haplotypes.join(of_haplotypes)),
        ("candidate_scores", candidates.join(of_candidates).join(scores[3].add_suffix("_ref"))),
    ):
        write_table(outputs[name], table, name, engine.made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params.device, snakemake.threads, snakemake.config["store"])
