"""One table: which question is asked where, within which limits, and who answers it.

The server mounts it in a loop; the browser reads it as ``lzviz/canvas/schema/routes.js``; a script asks
:meth:`lzviz.contract.workshop.Workshop.answer` and needs no address.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lzviz.contract.messages import (
    cad,
    compare,
    doctor,
    film,
    lessons,
    models,
    pictures,
    pipeline,
    recognition,
    results,
    terms,
    warp,
)
from lzviz.contract.messages.base import Question

MIB = 1 << 20


@dataclass(frozen=True)
class Route:
    """A line of the table.

    Attributes:
        name: for the browser's list.
        path: relative to the address of the page; ``{id}`` is a field of the question.
        question: what is asked; its ``answer`` says what comes back.
        by: "module:function" in :mod:`lzviz.contract.answers`, imported when it is asked first.
        takes: where the fields stand: a JSON object, the query alone, or the query beside bytes (the field ``data``).
        limit: largest body in bytes.
        local: whether it opens a folder of the server's own machine, which its owner has to allow.
        hub: whether the answer is fetched from the Hugging Face Hub, which whoever runs a server has to allow.
    """

    name: str
    path: str
    question: type[Question]
    by: str
    takes: Literal["json", "query", "bytes"] = "json"
    limit: int = MIB
    local: bool = False
    hub: bool = False

    @property
    def method(self) -> Literal["GET", "POST"]:
        return "GET" if self.takes == "query" else "POST"

    def function(self) -> Callable[[Any, Any], Any]:
        """(workshop, question) -> answer."""
        module, name = self.by.split(":")
        return getattr(importlib.import_module(f"lzviz.contract.answers.{module}"), name)


ROUTES: tuple[Route, ...] = (
    Route("catalogue", "lzviz/catalogue", pictures.AskCatalogue, "asked:catalogue", "query"),
    Route("terms", "lzviz/terms/{language}", terms.AskTerms, "terms:terms", "query"),
    Route("picture", "lzviz/picture/{id}", pictures.AskPicture, "pictures:shown", "query"),
    Route("addPicture", "lzviz/picture", pictures.AddPicture, "pictures:held", "bytes", 64 * MIB),
    Route("saliency", "lzviz/saliency", pictures.AskSaliency, "asked:saliency"),
    Route("addMap", "lzviz/map", pictures.AddMap, "asked:read_map", "bytes", 16 * MIB),
    Route("addTruth", "lzviz/truth", pictures.AddTruth, "asked:held_truth", "bytes", 16 * MIB),
    Route("addBoxes", "lzviz/boxes", pictures.AddBoxes, "asked:held_boxes", "bytes", 32 * MIB),
    Route("compute", "lzviz/compute", warp.Compute, "asked:computed"),
    Route("warpTimes", "lzviz/warp-time", warp.AskWarpTimes, "asked:warp_times"),
    Route("recognised", "lzviz/recognised", recognition.AskRecognised, "recognition:recognised"),
    Route("export", "lzviz/export", warp.Export, "asked:exported"),
    Route("cadMask", "lzviz/cad-mask", cad.AskMask, "asked:cad_mask"),
    Route("cadFeatures", "lzviz/cad", cad.AskFeatures, "asked:cad_features"),
    Route("cadSegmented", "lzviz/cad-segmentation", cad.AskSegmented, "asked:cad_segmented"),
    Route("cadTimes", "lzviz/cad-time", cad.AskFeatureTimes, "asked:cad_times"),
    Route("cadKeypoints", "lzviz/keypoints", cad.AskKeypoints, "asked:cad_keypoints"),
    Route("cadCost", "lzviz/cad-cost", cad.AskCost, "asked:cad_cost"),
    Route("pipeline", "lzviz/learned", pipeline.AskPipeline, "asked:pipeline_run"),
    Route("pipelineFeatures", "lzviz/learned-features", pipeline.AskStage, "asked:pipeline_features"),
    Route("pipelineTimes", "lzviz/learned-time", pipeline.AskTimes, "asked:pipeline_times"),
    Route("pipelinePixel", "lzviz/learned-pixel", pipeline.AskPixel, "asked:pipeline_pixel"),
    Route("pipelineTraining", "lzviz/learned-training", pipeline.AskTraining, "asked:pipeline_training"),
    Route("filmScore", "lzviz/film-score", film.AskFilmScore, "film:scored"),
    Route("compared", "lzviz/compared", compare.AskCompared, "comparing:compared"),
    Route("cards", "lzviz/models", results.AskCards, "cards:cards", "query"),
    Route("results", "lzviz/results", results.AskResults, "cards:compared", "query"),
    Route("resultsTable", "lzviz/results.csv", results.AskTable, "cards:table", "query"),
    Route("lessons", "lzviz/lessons/{language}", lessons.AskLessons, "lessons:lessons", "query"),
    Route("smoothness", "lzviz/smoothness", lessons.AskSmoothness, "lessons:smoothness"),
    Route("specimens", "lzviz/specimens", doctor.AskSpecimens, "doctor:specimens", "query"),
    Route("addWarp", "lzviz/warp-file", doctor.AddWarp, "doctor:held", "bytes", 64 * MIB),
    Route("diagnose", "lzviz/diagnosis", doctor.AskDiagnosis, "doctor:diagnosed"),
    Route("diagnoseElements", "lzviz/diagnosis-elements", doctor.AskElements, "doctor_elements:diagnosed"),
    Route("addCheckpoint", "lzviz/checkpoint", models.AddCheckpoint, "asked:add_checkpoint", "bytes", 64 * MIB),
    Route("fetchCheckpoint", "lzviz/checkpoint-hub", models.FetchCheckpoint, "asked:fetch_checkpoint", hub=True),
    Route("openCheckpoint", "lzviz/checkpoint-folder", models.OpenCheckpoint, "asked:open_checkpoint", local=True),
)


_BY_QUESTION = {route.question: route for route in ROUTES}


def route_of(question: type[Question]) -> Route:
    """The line of a type of question."""
    try:
        return _BY_QUESTION[question]
    except KeyError:
        raise TypeError(f"{question.__name__} is no question of the table") from None


def named(name: str) -> Route:
    """The line of a name."""
    return next(route for route in ROUTES if route.name == name)
