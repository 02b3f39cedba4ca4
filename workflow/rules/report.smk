# What people read: an overview of the run and a page for each of the genes with the strongest effects.
#
# in:  results/{sites,genes,gene_effects,tissue_effects,new_sites,scores,haplotypes,samples}.parquet,
#      results/shards/{scatteritem}/hit_saturation.parquet, results/ledger.tsv,
#      results/ledger_files.tsv, workflow/report/ (templates)
# out: results/report/index.html, results/report/genes/


# The folder of gene pages is an output, so that no page of an earlier run stays behind.
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
        hit_saturation=gather.shards(
            "results/shards/{scatteritem}/hit_saturation.parquet"
        ),
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
        settings=ALL_SETTINGS,
        code=code_of("build_report", "report"),
    script:
        "../scripts/build_report.py"
