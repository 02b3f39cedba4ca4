# Effects of all possible substitutions (SNVs) at the sites: `snakemake saturation`. No part of the main job.
#
# in:  results/model/, results/windows/windows.parquet, results/shards/plan.parquet, results/sites.parquet
# out: results/saturation.parquet, which `pasvar annotate` takes, and results/saturation.tsv.gz for tabix


rule saturation:
    input:
        "results/saturation.parquet",
        "results/saturation.tsv.gz",


rule score_saturation:
    input:
        model="results/model",
        windows="results/windows/windows.parquet",
        catalogue="results/sites/catalogue.parquet",
        plan="results/shards/plan.parquet",
    output:
        scores="results/shards/{scatteritem}/saturation_scores.parquet",
    log:
        "logs/score_saturation/{scatteritem}.log",
    conda:
        "../../envs/score.yaml"
    threads: 2
    params:
        shard=shard_number,
        genes=CONFIG["saturation"]["genes"],
        device=CONFIG["device"],
        precision=CONFIG["precision"],
        code=code_of("score_saturation"),
    script:
        "../scripts/score_saturation.py"


rule gather_saturation:
    input:
        scores=gather.shards("results/shards/{scatteritem}/saturation_scores.parquet"),
        windows="results/windows/windows.parquet",
        sites="results/sites.parquet",
    output:
        table="results/saturation.parquet",
        text="results/saturation.tsv.gz",
        # An output, too: Snakemake renews the times of outputs, and an index that is older than its file looks stale.
        index=f"results/saturation.tsv.gz{INDEX_SUFFIX}",
    log:
        "logs/gather_saturation.log",
    conda:
        "../../envs/genome.yaml"
    params:
        genes=CONFIG["saturation"]["genes"],
        code=code_of("gather_saturation"),
    script:
        "../scripts/gather_saturation.py"
