"""What a paper that uses the results should name."""

CITATIONS = {
    "APARENT2": "Linder J, Koplik SE, Kundaje A, Seelig G. Deciphering the impact of genetic variation on human polyadenylation "
    "using APARENT2. Genome Biology 2022;23:232. doi:10.1186/s13059-022-02799-4",
    "Snakemake": "Mölder F, Jablonski KP, Letcher B, et al. Sustainable data analysis with Snakemake. F1000Research 2021;10:33. "
    "doi:10.12688/f1000research.29032.2",
    "HTSlib": "Bonfield JK, Marshall J, Danecek P, et al. HTSlib: C library for reading/writing high-throughput sequencing data. "
    "GigaScience 2021;10(2):giab007. doi:10.1093/gigascience/giab007",
    "cyvcf2": "Pedersen BS, Quinlan AR. cyvcf2: fast, flexible variant analysis with Python. Bioinformatics "
    "2017;33(12):1867-1869. doi:10.1093/bioinformatics/btx057",
}
