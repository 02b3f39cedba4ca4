"""Log odds of one shard's alternate windows, and of the windows of sites that may appear."""

from pasvar.jobs import logged
from pasvar.network import LazyEngine
from pasvar.progress import lines
from pasvar.scores import score_parts
from pasvar.store import open_store
from pasvar.tables import read_table, write_table


def main(inputs, outputs, device: str, threads: int, store: str | None) -> None:
    engine = LazyEngine(inputs.model, device, threads)
    alleles, candidates = (read_table(inputs[name], name) for name in ("alleles", "candidates"))
    windows = (alleles.window_alt, candidates.window_alt, candidates.window_ref)
    scores = score_parts(engine, windows, lines, open_store(store, engine))
    write_table(outputs.scores, alleles.join(scores[0].add_suffix("_alt")), "allele_scores", engine.made_by)
    candidates = candidates.join(scores[1].add_suffix("_alt")).join(scores[2].add_suffix("_ref"))
    write_table(outputs.candidate_scores, candidates, "candidate_scores", engine.made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params.device, snakemake.threads, snakemake.config["store"])
