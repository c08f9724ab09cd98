"""The studies that need networks, in small sizes, so that they never rot."""

from dataclasses import replace

import pytest

from benchmarks import ablations
from lzviz.datasets import procedural

SIZE = (96, 128)


@pytest.mark.parametrize(("study", "values"), [("gamma", (0.0, 10.0)), ("density", (1.0, 100.0))])
def test_a_study_trains_its_values_once_and_scores_them(tmp_path, study, values):
    make = ablations.STUDIES[study][0]

    def small(value, size):
        recipe = make(value, size)
        blueprint = replace(recipe.blueprint, size=(24, 32))
        return replace(recipe, blueprint=blueprint, start=(), batch=2, window=(48, 64))

    data, held = (procedural(count=2, size=(48, 64), first=first) for first in (0, 10))
    rows = list(ablations.lines(small, values, SIZE, 1, data, held, tmp_path))
    assert [row[:2] for row in rows] == [[f"{value:g}", "1"] for value in values]
    assert len({path.name for path in tmp_path.iterdir()}) == len(values)
    # Samples near true edges let more through; nothing else differs from uniform ones. What gamma does takes more than a step.
    if study == "density":
        assert float(rows[1][4]) > float(rows[0][4])
    assert list(ablations.lines(small, values, SIZE, 1, data, held, tmp_path)) == rows
    one, other = (make(value, SIZE) for value in values)
    differ = {key for key, value in one.as_json().items() if other.as_json()[key] != value}
    assert differ == {"name", "about", "edge" if study == "gamma" else "blueprint"}
