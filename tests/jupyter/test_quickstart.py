"""The quickstart, executed the way that `jupyter execute` and nbconvert do it."""

import nbclient
import nbformat
from conftest import CELL


def test_the_quickstart_runs_from_top_to_bottom(notebooks):
    notebook = nbformat.read(notebooks / "01_quickstart.ipynb", as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=CELL, kernel_name="neurocell", resources={"metadata": {"path": str(notebooks)}}
    ).execute()
    nbformat.validate(notebook)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    figures = [output for output in outputs if {"image/png", "image/svg+xml"} & set(output.get("data", {}))]
    assert len(figures) >= 10
