"""What the jobs of a run cost, as a page of its own: the report's other pages are the same in each run with the same inputs."""

from collections.abc import Mapping

from pasvar.report.templates import page_templates


def render_costs(record: Mapping) -> str:
    """The page as HTML. record: of provenance.json."""
    jobs = record["jobs"]
    rules = [{"rule": rule, **cost} for rule, cost in jobs.items()]
    return (
        page_templates()
        .get_template("costs.html.j2")
        .render(
            made_by=record,
            rules=sorted(rules, key=lambda row: row["cpu_seconds"], reverse=True),
            n_jobs=sum(cost["jobs"] for cost in jobs.values()),
            seconds=sum(cost["seconds"] for cost in jobs.values()),
            cpu_seconds=sum(cost["cpu_seconds"] for cost in jobs.values()),
            max_rss_mb=max((cost["max_rss_mb"] for cost in jobs.values()), default=0),
            mb_read=sum(cost["mb_read"] for cost in jobs.values()),
            mb_of_inputs=sum(file["bytes"] for file in record["inputs"].values()) / 1e6,
        )
    )
