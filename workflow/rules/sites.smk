# The polyadenylation sites of every gene.
#
# in:  GTF, atlases of measured sites, expression of transcripts per tissue, FASTA
# out: results/sites/{catalogue,tissue_usage,exons}.parquet


rule annotate_sites:
    input:
        gtf=CONFIG["gtf"],
        fasta=CONFIG["fasta"],
        contigs="results/reference/contigs.parquet",
        atlas=[atlas["path"] for atlas in CONFIG["atlas"]],
        others=[
            CONFIG[key] for key in ("catalogue", "tissue_expression") if CONFIG[key]
        ],
    output:
        catalogue="results/sites/catalogue.parquet",
        tissue_usage="results/sites/tissue_usage.parquet",
        exons="results/sites/exons.parquet",
    log:
        "logs/annotate_sites.log",
    benchmark:
        "benchmarks/annotate_sites.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        settings={key: CONFIG[key] for key in SITE_KEYS},
        code=code_of("annotate_sites"),
    script:
        "../scripts/annotate_sites.py"
