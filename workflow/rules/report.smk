# What people read: an overview of the run and a page for each of the genes with the strongest effects.
#
# in:  results/{sites,genes,gene_effects,scores}.parquet, results/ledger.tsv, results/ledger_files.tsv, workflow/report/ (templates)
# out: results/report/index.html, results/report/genes/


# The folder of gene pages is an output, so that no page of an earlier run stays behind.
rule build_report:
    input:
        sites="results/sites.parquet",
        genes="results/genes.parquet",
        gene_effects="results/gene_effects.parquet",
        scores="results/scores.parquet",
        totals="results/ledger.tsv",
        files="results/ledger_files.tsv",
    output:
        index="results/report/index.html",
        genes=directory("results/report/genes"),
    log:
        "logs/build_report.log",
    benchmark:
        "benchmarks/build_report.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        settings=CONFIG,
        code=code_of("build_report", "report"),
    script:
        "../scripts/build_report.py"
