"""HTML report: report.html, a self-contained page with the results of a run. It loads nothing from the network."""
