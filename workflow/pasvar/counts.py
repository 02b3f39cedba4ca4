"""Numbers with what they count, for messages and pages."""


def plural(n: int, one: str, many: str | None = None) -> str:
    """A count with commas and its noun: "1 gene", "2 genes", "1,200 people" of `person`, `people`."""
    return f"{int(n):,} {one if n == 1 else many or one + 's'}"
