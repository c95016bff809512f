"""Documents about a run: a page, JUnit XML, tables for the terminal, the fault matrix. Results in, documents
out."""

from reports.html import render_html
from reports.junit import render_junit
from reports.load_html import render_load_html
from reports.load_junit import render_load_junit
from reports.load_render import write_load_reports
from reports.load_table import print_load_summary, render_load_summary
from reports.matrix import matrix_text, render_matrix
from reports.render import write_matrix, write_reports
from reports.table import print_summary, render_summary

__all__ = [
    "matrix_text",
    "print_load_summary",
    "print_summary",
    "render_html",
    "render_junit",
    "render_load_html",
    "render_load_junit",
    "render_load_summary",
    "render_matrix",
    "render_summary",
    "write_load_reports",
    "write_matrix",
    "write_reports",
]
