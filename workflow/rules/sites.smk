# The polyadenylation sites of every gene.
#
# in:  GTF, FASTA
# out: results/sites/catalogue.parquet


rule annotate_sites:
    input:
        gtf=CONFIG["gtf"],
        fasta=CONFIG["fasta"],
        contigs="results/reference/contigs.parquet",
    output:
        catalogue="results/sites/catalogue.parquet",
    log:
        "logs/annotate_sites.log",
    benchmark:
        "benchmarks/annotate_sites.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        biotypes=CONFIG["biotypes"],
        merge_distance=CONFIG["merge_distance"],
        min_canonical_share=CONFIG["min_canonical_share"],
        code=code_of("annotate_sites"),
    script:
        "../scripts/annotate_sites.py"
