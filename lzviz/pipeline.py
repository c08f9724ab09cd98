"""The old place of :mod:`lzviz.pipelines.pipeline`."""

from lzviz.pipelines.pipeline import Pipeline as Pipeline
from lzviz.trace import Trace as Trace
