"""The judge: the paper's tasks on words with vectors, floats or codes, each under two policies.

Nothing here builds codes; every function is handed what it judges and returns a
:class:`~iiq.evaluate.report.Report`. ``docs/evaluation.md`` says what each task does.
"""

from iiq.evaluate.analogy import analogy
from iiq.evaluate.categorization import categorization, purity
from iiq.evaluate.classification import classification
from iiq.evaluate.datasets import ORIGINS, DataSet, load_sets, read_set
from iiq.evaluate.isotropy_report import cleaned, isotropy_report
from iiq.evaluate.judged import Judged, judge
from iiq.evaluate.neighbours import neighbours
from iiq.evaluate.report import Report
from iiq.evaluate.row import Row, difference
from iiq.evaluate.sentiment import sentiment, train_embedding
from iiq.evaluate.similarity import similarity

__all__ = [
    "ORIGINS",
    "DataSet",
    "Judged",
    "Report",
    "Row",
    "analogy",
    "categorization",
    "classification",
    "cleaned",
    "difference",
    "isotropy_report",
    "judge",
    "load_sets",
    "neighbours",
    "purity",
    "read_set",
    "sentiment",
    "similarity",
    "train_embedding",
]
