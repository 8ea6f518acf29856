"""Extraction of the Product of a page, without network and clock.

A module imports only from the lines below its own; `extension/extract` mirrors the folder file by file:

- `extract`: the extractors in order, then the verdict and the combination
- `combine`, `verdict`: one Product from all Candidates; the kind of page
- `state`, `visible`: embedded data of scripts; text and elements that a reader sees
- `markup`: JSON-LD, microdata, RDFa and Open Graph
- `page`: the parsed page
- `candidate`: the answer of one extractor
"""
