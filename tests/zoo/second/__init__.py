"""A second zoo, made apart from the first: other sizes, types and forms of the same mistakes, and of what is healthy."""

from tests.zoo.second import content, written
from tests.zoo.second.healthy import healthy as healthy
from tests.zoo.second.registry import faulty as faulty

FAULTS = (written, content)
