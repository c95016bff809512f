"""The end of a certification: report, certificate and table.

The documents themselves are `reports`'.
"""

from pathlib import Path

from rich.console import Console

from harness.cli.run import copy_results
from harness.pbx_configs.recipe import recipe_lines
from harness.results import RunResult, Subject, load_results
from harness.settings.pbx import PbxFile
from harness.settings.pbx_support import FEATURES
from reports import print_summary
from reports.certificate import CERTIFICATE_HTML
from reports.certificate_text import percent
from reports.certification_html import write_certification
from reports.render import REPORT


def conclude(out: Path, pbx: PbxFile, console: Console, json_file: Path | None) -> RunResult:
    """Renders the documents, prints the table and the verdict; returns what was judged."""
    result = load_results(out / "results.json")
    certification = write_certification(result, subject_of(pbx), out, recipe_lines(pbx))
    print_summary(result, console, out / REPORT)
    score = "" if certification.score is None else f" Score {percent(certification.score)}."
    console.print(
        f"{certification.verdict.value}: {certification.sentence}{score}", highlight=False, markup=False
    )
    for each in certification.levels:
        judged = each.passed + each.failed
        told = f"{each.level:<6} weight {each.weight:>2}: {each.passed} of {judged} met"
        left = f", {each.inconclusive + each.not_judged} not judged, {each.not_applicable} not applicable"
        console.print(told + left, highlight=False, markup=False)
    console.print(f"certificate  {out / CERTIFICATE_HTML}", highlight=False, markup=False, soft_wrap=True)
    if json_file is not None:
        copy_results(out / "results.json", json_file)
    return result


def subject_of(pbx: PbxFile) -> Subject:
    """The product as the certificate names it."""
    table = pbx.pbx
    return Subject(
        vendor=table.vendor,
        product=table.product,
        version=table.version,
        mode=table.mode,
        transport=table.transport,
        not_supported=[FEATURES[name] for name in pbx.supports.lacking()],
    )
