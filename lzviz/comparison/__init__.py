"""Methods side by side at one budget: the same pixels, multiply-adds or milliseconds.

    comparison = lzviz.compare(image, ["uniform", "lzu", "lds-camvid-96x128"], budget="96x128", labels=labels)
    print(comparison)
    comparison.save("compared")     # table.csv, table.tex, table.json, sheet.png, sheet.svg, pareto.png

A row of the table says what a method does with the budget: where its samples go, what sampling alone loses, what its network
makes of it, whether its warp folds, crops, aliases and comes back, and what it costs.
"""

from lzviz.comparison.budget import Budget
from lzviz.comparison.compare import Comparison, compare
from lzviz.comparison.folder import compare_folder
from lzviz.comparison.table import Row, Table

__all__ = ["Budget", "Comparison", "Row", "Table", "compare", "compare_folder"]
