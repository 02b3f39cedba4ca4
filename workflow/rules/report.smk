# What people read: an overview of the run, a page for each of the genes and a card for each of the variants with the highest
# expected impact.
#
# in:  results/model/, results/windows/windows.parquet, results/shards/{scatteritem}/alleles.zip (for the cards),
#      results/reference/contigs.parquet, results/{sites,genes,gene_effects,tissue_effects,new_sites,scores,haplotypes,samples,known}.parquet,
#      results/sites/exons.parquet,
#      results/shards/{scatteritem}/allele_scores.zip, results/ledger.tsv,
#      results/ledger_files.tsv, workflow/report/ (templates)
# out: results/scores/card_windows.parquet, results/report/index.html, results/report/{genes,cards,data,figures}/, results/multiqc/


# The network's part of the cards: cleavage profiles, and every substitution of the windows of the few variants that have one.
rule score_card_windows:
    input:
        model="results/model",
        windows="results/windows/windows.parquet",
        alleles=gather.shards("results/shards/{scatteritem}/alleles.zip"),
        gene_effects="results/gene_effects.parquet",
        scores="results/scores.parquet",
        known="results/known.parquet",
    output:
        windows="results/scores/card_windows.parquet",
    log:
        "logs/score_card_windows.log",
    conda:
        "../../envs/score.yaml"
    threads: 2
    params:
        report_variants=CONFIG["report_variants"],
        device=CONFIG["device"],
        precision=CONFIG["precision"],
        code=code_of("score_card_windows"),
    script:
        "../scripts/score_card_windows.py"


# The folders are outputs, so that no page of an earlier run stays behind.
rule build_report:
    input:
        sites="results/sites.parquet",
        genes="results/genes.parquet",
        gene_effects="results/gene_effects.parquet",
        tissue_effects="results/tissue_effects.parquet",
        new_sites="results/new_sites.parquet",
        scores="results/scores.parquet",
        haplotypes="results/haplotypes.parquet",
        samples="results/samples.parquet",
        known="results/known.parquet",
        exons="results/sites/exons.parquet",
        contigs="results/reference/contigs.parquet",
        card_windows="results/scores/card_windows.parquet",
        hit_saturation=gather.shards("results/shards/{scatteritem}/allele_scores.zip"),
        totals="results/ledger.tsv",
        files="results/ledger_files.tsv",
    output:
        index=report(
            "results/report/index.html",
            caption="../report/overview.rst",
            category="Overview",
            labels={"what": "what was run, what was found, how to read it"},
        ),
        genes=directory("results/report/genes"),
        cards=report(
            directory("results/report/cards"),
            patterns=["{card}.html"],
            caption="../report/card.rst",
            category="Variant cards",
            labels={"card": "{card}"},
        ),
        data=directory("results/report/data"),
        figures=report(
            directory("results/report/figures"),
            patterns=["{figure}.svg"],
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        multiqc=directory("results/multiqc"),
    log:
        "logs/build_report.log",
    conda:
        "../../envs/report.yaml"
    params:
        settings=ALL_SETTINGS,
        code=code_of("build_report", "report"),
    script:
        "../scripts/build_report.py"
