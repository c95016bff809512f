"""Documents about a run: a page, JUnit XML, tables for the terminal, the fault matrix. Results in, documents
out."""

from reports.html import render_html
from reports.junit import render_junit
from reports.matrix import matrix_text, render_matrix
from reports.render import write_matrix, write_reports
from reports.table import print_summary, render_summary

__all__ = [
    "matrix_text",
    "print_summary",
    "render_html",
    "render_junit",
    "render_matrix",
    "render_summary",
    "write_matrix",
    "write_reports",
]
