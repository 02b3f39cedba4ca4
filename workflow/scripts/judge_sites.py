"""The catalogue of polyadenylation sites: those that are known and those that the network finds, each with its confidence."""

from logging import Logger

import pandas as pd

from pasvar.run import Named, logged
from pasvar.sites import judge_sites, prediction_rules, site_calibration_of
from pasvar.tables import content_sha256, read_made_by, read_table, write_table


def main(inputs: Named, catalogue: str, settings: dict, log: Logger) -> None:
    proposed = pd.concat([read_table(path, "proposed_sites") for path in inputs.proposed], ignore_index=True)
    scores = pd.concat([read_table(path, "proposed_scores") for path in inputs.scores], ignore_index=True)
    judged = judge_sites(
        read_table(inputs.known, "catalogue"),
        proposed.join(scores.drop(columns=["chrom", "strand", "hexamer_start"])),
        read_table(inputs.exons, "exons"),
        read_table(inputs.contigs, "contigs").chrom,
        prediction_rules(settings),
        site_calibration_of(read_made_by(inputs.scores[0])["network"]),
    )
    notes = [read_made_by(inputs.known)["site_notes"], *judged.notes]
    for note in judged.notes:
        log.info(note)
    digest = content_sha256(judged.catalogue, "catalogue")
    write_table(catalogue, judged.catalogue, "catalogue", {"site_notes": "; ".join(notes), "sites_sha256": digest})


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output.catalogue, snakemake.params.settings, log)
