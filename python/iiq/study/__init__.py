"""Look at vectors before compressing them, and at codes afterwards: plain figures and advice.

`examine` reads the spectrum, the order of the words and odd rows, and tries a few ratios quickly;
`examine_codes` reads the balance of the bits, twins and neighbours of a compressed vocabulary;
`calibrate` says which cosine a Hamming distance stands for. ``iiq doctor`` prints all three.
"""

from iiq.study.examine_codes import examine_codes
from iiq.study.examine_vectors import examine
from iiq.vocabulary.calibration import Calibration, calibrate

__all__ = ["Calibration", "calibrate", "examine", "examine_codes"]
