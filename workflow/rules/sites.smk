# The polyadenylation sites of every gene: annotated, measured, and predicted by the network.
#
# in:  GTF, atlases of measured sites, expression of transcripts per tissue, FASTA, results/model/
# out: results/sites/{catalogue,tissue_usage,exons}.parquet; results/atlases/ where atlases are fetched by name
#
# The hexamers among which the network finds sites are cut into shards of equal sequence; `score_proposed_sites` (scores.smk) is the
# part that may use a GPU.


# Local: the nodes of many clusters cannot reach the network.
localrules:
    fetch_atlas,


rule fetch_atlas:
    output:
        atlas="results/atlases/{atlas}",
        record="results/atlases/{atlas}.json",
    log:
        "logs/fetch_atlas.{atlas}.log",
    conda:
        "../../envs/genome.yaml"
    params:
        source=lambda wildcards: known_atlas(wildcards.atlas),
        code=code_of("fetch_atlas"),
    script:
        "../scripts/fetch_atlas.py"


rule annotate_sites:
    input:
        gtf=on_disk(CONFIG["gtf"]),
        fasta=on_disk(CONFIG["fasta"]),
        contigs="results/reference/contigs.parquet",
        atlas=on_disk([atlas["path"] for atlas in CONFIG["atlas"]]),
        others=[
            on_disk(CONFIG[key])
            for key in ("catalogue", "tissue_expression")
            if CONFIG[key]
        ],
    output:
        known="results/sites/known.parquet",
        tissue_usage="results/sites/tissue_usage.parquet",
        exons="results/sites/exons.parquet",
    log:
        "logs/annotate_sites.log",
    conda:
        "../../envs/genome.yaml"
    params:
        settings={key: CONFIG[key] for key in SITE_KEYS},
        code=code_of("annotate_sites"),
    script:
        "../scripts/annotate_sites.py"


rule propose_sites:
    input:
        known="results/sites/known.parquet",
        exons="results/sites/exons.parquet",
        fasta=on_disk(CONFIG["fasta"]),
        contigs="results/reference/contigs.parquet",
    output:
        proposed="results/sites/{scatteritem}/proposed.parquet",
    log:
        "logs/propose_sites/{scatteritem}.log",
    conda:
        "../../envs/genome.yaml"
    params:
        shard=shard_number,
        n_shards=site_shards(CONFIG),
        settings={key: CONFIG[key] for key in SITE_KEYS},
        code=code_of("propose_sites"),
    script:
        "../scripts/propose_sites.py"


rule judge_sites:
    input:
        known="results/sites/known.parquet",
        exons="results/sites/exons.parquet",
        contigs="results/reference/contigs.parquet",
        proposed=gather.site_shards("results/sites/{scatteritem}/proposed.parquet"),
        scores=gather.site_shards("results/sites/{scatteritem}/scores.parquet"),
    output:
        catalogue="results/sites/catalogue.parquet",
    log:
        "logs/judge_sites.log",
    conda:
        "../../envs/genome.yaml"
    params:
        settings={key: CONFIG[key] for key in SITE_KEYS},
        code=code_of("judge_sites"),
    script:
        "../scripts/judge_sites.py"
