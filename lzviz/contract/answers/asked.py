"""From a question to its answer: the picture, the map and the labels that it names are found, and what computes is called."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from lzviz.checkpoints import CARD, MODEL, PICKLES
from lzviz.contract.answers import (
    cad,
    cad_segmentation,
    checkpoints,
    comparing,
    files,
    keypoints,
    pipeline,
    pipeline_files,
    pipeline_more,
    warp,
)
from lzviz.contract.answers import catalogue as menus
from lzviz.contract.answers.cad_masks import Session as CadSession
from lzviz.contract.answers.pipeline_session import Session
from lzviz.contract.decoding import array_suffix
from lzviz.contract.listed import notes_of
from lzviz.contract.maps import Map
from lzviz.contract.messages import cad as cad_messages
from lzviz.contract.messages import models as model_messages
from lzviz.contract.messages import pictures as picture_messages
from lzviz.contract.messages import pipeline as pipeline_messages
from lzviz.contract.messages.base import File, OnTruth
from lzviz.contract.messages.warp import AskWarpTimes, Compute, Computed, Export, WarpTimes
from lzviz.contract.options import FROM, source_values
from lzviz.contract.routes import named
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal, short
from lzviz.plain.packed import encode_array
from lzviz.saliency import sources
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.pictures import Picture
    from lzviz.contract.truth import Truth
    from lzviz.contract.workshop import Workshop

OWN_FILES = {"model": MODEL, "card": CARD}

# Menus, pictures, maps ----------------------------------------------------------------------------------------------


def catalogue(workshop: Workshop, question: picture_messages.AskCatalogue) -> picture_messages.Catalogue:
    sent = (("upload", "addPicture"), ("map", "addMap"), ("truth", "addTruth"), ("checkpoint", "addCheckpoint"))
    limits = {f"{what}Bytes": named(route).limit for what, route in sent}
    return picture_messages.Catalogue.model_validate(menus.catalogue(workshop, limits))


def saliency(workshop: Workshop, question: picture_messages.AskSaliency) -> picture_messages.MapAnswer:
    source, owner = sources.REGISTRY.get(question.kind), FROM + question.kind
    if source is None or source.takes != "picture":
        known = [name for name, each in sources.REGISTRY.items() if each.takes == "picture"]
        raise Refusal(Text("refused.source", {"known": known, "given": short(question.kind)}))
    state = State.parse({"saliency": question.kind, "options": {owner: question.options} if question.options else {}})
    return _map(warp.found_in(workshop.picture(question.image), question.kind, source_values(state)))


def read_map(workshop: Workshop, question: picture_messages.AddMap) -> picture_messages.MapAnswer:
    suffix = array_suffix(question.data)
    if suffix:
        values, _ = workshop.decoder.array(question.data, f"map{suffix}", ("saliency", "map", "mask"))
        return _map(warp.map_of_values(values))
    return _map(warp.map_of(workshop.decoder.picture(question.data)))


def _map(values: Map) -> picture_messages.MapAnswer:
    return picture_messages.MapAnswer(h=values.h, w=values.w, data=encode_array(values.values))


def held_truth(workshop: Workshop, question: picture_messages.AddTruth) -> picture_messages.HeldTruth:
    size = workshop.picture(question.image).size
    assert question.image is not None, "refused above"
    classes = checkpoints.card(workshop, checkpoints.chosen(workshop, question.checkpoint, question.image)).classes
    identifier, truth = workshop.truths.add(question.data, size, tuple(classes), question.page)
    h, w = truth.size
    return picture_messages.HeldTruth(
        id=identifier,
        width=w,
        height=h,
        kind=truth.kind,
        classes=truth.found,
        labelled=truth.labelled,
        notes=list(truth.notes),
    )


def held_boxes(workshop: Workshop, question: picture_messages.AddBoxes) -> picture_messages.HeldBoxes:
    card = checkpoints.card(workshop, checkpoints.chosen(workshop, question.checkpoint, ""))
    if card.task != "detection":
        raise Refusal(Text("refused.boxes.task", {"title": checkpoints.title(card)}))
    identifier, listed = workshop.lists.add(question.data, question.title, question.page)
    pictures = [
        picture_messages.ListedPicture(
            file=each.file,
            frame=each.frame,
            width=each.size and each.size[1],
            height=each.size and each.size[0],
            boxes=len(each.boxes),
        )
        for each in sorted(listed.pictures, key=lambda each: each.place)
    ]
    return picture_messages.HeldBoxes(id=identifier, pictures=pictures, notes=notes_of(listed, card.classes))


# Warps --------------------------------------------------------------------------------------------------------------


def computed(workshop: Workshop, question: Compute) -> Computed:
    picture = workshop.picture_of(question)
    with _room_for(workshop, picture):
        return Computed.model_validate(warp.answer(question.state, picture, question.file))


def warp_times(workshop: Workshop, question: AskWarpTimes) -> WarpTimes:
    picture = workshop.picture_of(question)
    with _room_for(workshop, picture):
        return WarpTimes.model_validate(warp.times_answer(question.state, picture, question.file))


def _room_for(workshop: Workshop, picture: Picture) -> AbstractContextManager[object]:
    """Very large pictures are computed one at a time."""
    return workshop.large if picture.size[0] * picture.size[1] > warp.LARGE_PIXELS else nullcontext()


def exported(workshop: Workshop, question: Export) -> File:
    if question.state.room == "pipeline":
        return pipeline_files.export(_session(workshop, question), question.what, question.format)
    if question.state.room == "compare":
        return comparing.export(workshop, question)
    picture = workshop.picture_of(question)
    with _room_for(workshop, picture):
        return files.export(question.state, picture, question.file, question.what, question.format)


# Content-adaptive downsampling --------------------------------------------------------------------------------------


def _on_cells(workshop: Workshop, question: OnTruth) -> tuple[Workshop, State, Picture, Map | None, Truth | None]:
    """A state on a picture, with the visitor's own mask and the labels, as the answers of this room take it."""
    return workshop, question.state, workshop.picture_of(question), question.file, workshop.truth_of(question)


def cad_mask(workshop: Workshop, question: cad_messages.AskMask) -> cad_messages.MaskAnswer:
    made = cad.mask_answer(*_on_cells(workshop, question))
    return cad_messages.MaskAnswer.model_validate(made)


def cad_features(workshop: Workshop, question: cad_messages.AskFeatures) -> cad_messages.Features:
    return cad_messages.Features.model_validate(cad.answer(*_on_cells(workshop, question)))


def cad_segmented(workshop: Workshop, question: cad_messages.AskSegmented) -> cad_messages.Segmented:
    session = CadSession(*_on_cells(workshop, question))
    return cad_messages.Segmented.model_validate(cad_segmentation.segmented(session))


def cad_times(workshop: Workshop, question: cad_messages.AskFeatureTimes) -> WarpTimes:
    return WarpTimes.model_validate(cad.times_answer(*_on_cells(workshop, question)))


def cad_keypoints(workshop: Workshop, question: cad_messages.AskKeypoints) -> cad_messages.Keypoints:
    return cad_messages.Keypoints.model_validate(keypoints.answer(workshop, workshop.picture_of(question)))


def cad_cost(workshop: Workshop, question: cad_messages.AskCost) -> cad_messages.Cost:
    shown = {key: (line.title, workshop.picture(key)) for key, line in workshop.gallery.items()}
    return cad_messages.Cost.model_validate(cad.cost_answer(workshop, question.state, shown))


# Trained pipelines --------------------------------------------------------------------------------------------------


def _session(workshop: Workshop, question: OnTruth) -> Session:
    picture, truth = workshop.picture_of(question), workshop.truth_of(question)
    before = question.before if isinstance(question, pipeline_messages.Slow | Export) else None
    return Session(workshop, question.state, picture, question.file, truth, workshop.boxes_of(question), before)


def pipeline_run(workshop: Workshop, question: pipeline_messages.AskPipeline) -> pipeline_messages.Placed:
    made = pipeline.answer(_session(workshop, question), question.only)
    return pipeline_messages.Placed.model_validate(made)


def pipeline_features(workshop: Workshop, question: pipeline_messages.AskStage) -> pipeline_messages.FeaturesShown:
    return pipeline_messages.FeaturesShown.model_validate(pipeline_more.features_answer(_session(workshop, question)))


def pipeline_times(workshop: Workshop, question: pipeline_messages.AskTimes) -> pipeline_messages.Times:
    return pipeline_messages.Times.model_validate(pipeline_more.time_answer(_session(workshop, question)))


def pipeline_pixel(workshop: Workshop, question: pipeline_messages.AskPixel) -> pipeline_messages.Pixel:
    made = pipeline_more.pixel_answer(_session(workshop, question), float(question.x), float(question.y))
    return pipeline_messages.Pixel.model_validate(made)


def pipeline_training(workshop: Workshop, question: pipeline_messages.AskTraining) -> pipeline_messages.Training:
    return pipeline_messages.Training.model_validate(pipeline_more.training_answer(workshop, question.state))


# Checkpoints that visitors bring ------------------------------------------------------------------------------------


def add_checkpoint(workshop: Workshop, question: model_messages.AddCheckpoint) -> model_messages.Loaded:
    return _loaded(workshop, checkpoints.add(workshop, question.data))


def fetch_checkpoint(workshop: Workshop, question: model_messages.FetchCheckpoint) -> model_messages.Loaded:
    return _loaded(workshop, checkpoints.add_from_hub(workshop, question.id))


def open_checkpoint(workshop: Workshop, question: model_messages.OpenCheckpoint) -> model_messages.Loaded:
    asked = question.folder
    if not isinstance(asked, str) or not asked.strip():
        raise Refusal(Text("refused.checkpoint.folder", OWN_FILES))
    path = Path(asked.strip()).expanduser()
    if path.suffix.lower() in PICKLES and path.is_file():
        return _loaded(workshop, checkpoints.add_official(workshop, path))
    if path.suffix.lower() in PICKLES:
        raise Refusal(Text("refused.checkpoint.pickle", {"name": path.name, "model": MODEL}))
    folder = path.parent if path.name in (MODEL, CARD) else path
    if not folder.is_dir():
        raise Refusal(Text("refused.checkpoint.folder.none", {"folder": asked.strip()[-120:], **OWN_FILES}), 404)
    return _loaded(workshop, checkpoints.add_from_folder(workshop, folder))


def _loaded(workshop: Workshop, name: str) -> model_messages.Loaded:
    return model_messages.Loaded.model_validate({"checkpoint": checkpoints.entry(workshop, name)})
