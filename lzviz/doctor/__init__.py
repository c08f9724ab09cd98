"""The warp doctor: hand it any grid, offsets, flow or saliency map; learn what is wrong, where, and how to mend it."""

from lzviz.doctor.checks import CHECKS
from lzviz.doctor.diagnosis import diagnose
from lzviz.doctor.finding import Diagnosis, Finding

__all__ = ["CHECKS", "Diagnosis", "Finding", "diagnose"]
