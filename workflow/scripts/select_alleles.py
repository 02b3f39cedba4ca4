"""The alleles of one shard whose effect is large enough that their genotypes are read."""

from logging import Logger

from pasvar.effects import large_alone
from pasvar.progress import log_progress
from pasvar.run import Named, logged
from pasvar.scoring import LazyEngine, open_store, score_alternates
from pasvar.tables import ALLELE, empty_frame, read_table, write_table


def main(inputs: Named, outputs: Named, params: Named, threads: int, store_folder: str | None, log: Logger) -> None:
    engine = LazyEngine(inputs.model, params.device, threads, params.precision)
    store = open_store(store_folder, engine)
    alleles = read_table(inputs.alleles, "alleles")
    none = empty_frame("site_haplotypes"), empty_frame("candidates")
    scores = score_alternates(engine, alleles, *none, log_progress, store).allele_scores
    references = read_table(inputs.window_scores, "window_scores")
    chosen = large_alone(scores, references, params.min_genotype_effect)
    n_alleles = len(alleles[ALLELE].drop_duplicates())
    log.info("%d of %d alleles have an effect of %g or more", len(chosen), n_alleles, params.min_genotype_effect)
    write_table(outputs.chosen, chosen, "genotyped_alleles")


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(
            snakemake.input,
            snakemake.output,
            snakemake.params,
            snakemake.threads,
            snakemake.config["store"],
            log,
        )
