"""Files to keep of the learned room: label maps with their colours, what the network saw, the whole trace, a script."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lzviz.contract import palette
from lzviz.contract.answers import checkpoints
from lzviz.contract.answers.files import MEDIA_TYPES, Export
from lzviz.contract.answers.pipeline import Question, answer, image_bytes, index_bytes
from lzviz.contract.answers.snippet import headline
from lzviz.contract.pictures import encode_png
from lzviz.contract.truth import IGNORE
from lzviz.contract.wire import Refusal

# How much the labels cover the picture where they are laid over it.
OPACITY = 0.6
WRONG = (230, 60, 40)


def export(question: Question, what: object, form: object) -> Export:
    """Make a file of a question.

    Args:
        what, form: one of :data:`WRITERS`. Anything else is a :class:`~lzviz.contract.wire.Refusal`.
    """
    writer = WRITERS.get((what, form)) if isinstance(what, str) and isinstance(form, str) else None
    if writer is None:
        known = ", ".join(f"{w}.{f}" for w, f in WRITERS)
        raise Refusal(f"There is no such export; choose one of {known}.")
    picture = question.state.image if question.state.image != "own" else "picture"
    return Export(f"lzviz-{picture}-{question.name}-{what}.{form}", writer(question), MEDIA_TYPES[str(form)])


def _sentence(question: Question) -> str:
    return answer(question)["sentence"]


def _labels_png(question: Question) -> bytes:
    """One number a pixel, its class, in the colours of the page; it can be loaded as true labels again."""
    return _indexed(question, index_bytes(question.run().labels))


def _prediction_png(question: Question) -> bytes:
    return _indexed(question, index_bytes(question.run().zoomed_labels))


def _indexed(question: Question, labels: np.ndarray) -> bytes:
    image, texts, buffer = Image.fromarray(labels, "P"), PngInfo(), io.BytesIO()
    names = question.trained.classes
    image.putpalette(palette.flat(palette.colours(names)))
    texts.add_text("Description", _sentence(question))
    texts.add_text("Classes", ", ".join(names))
    image.save(buffer, "PNG", pnginfo=texts)
    return buffer.getvalue()


def _overlay_png(question: Question) -> bytes:
    """The picture at working size under its labels."""
    colours = np.array([palette.rgb(colour) for colour in palette.colours(question.trained.classes)], np.float32)
    picture = question.working.pixels.astype(np.float32)
    laid = colours[index_bytes(question.run().labels)]
    mixed = (1 - OPACITY) * picture + OPACITY * laid
    return encode_png((mixed + 0.5).astype(np.uint8), {"Description": _sentence(question)})


def _error_png(question: Question) -> bytes:
    """The picture in grey; what is wrong in red, what is not labelled in black."""
    trace = question.run()
    if trace.error is None or trace.truth is None:
        raise Refusal("Errors need true labels, and there are none of this picture; load a label map first.")
    grey = question.working.pixels.mean(2, keepdims=True).repeat(3, 2).astype(np.uint8)
    grey[trace.error[0].cpu().numpy()] = WRONG
    grey[trace.truth[0].cpu().numpy() == IGNORE] = 0
    return encode_png(grey, {"Description": _sentence(question)})


def _zoomed_png(question: Question) -> bytes:
    return encode_png(image_bytes(question.run().zoomed), {"Description": _sentence(question)})


def _saliency_npz(question: Question) -> bytes:
    saliency = question.run().saliency
    if saliency is None:
        raise Refusal("This checkpoint has no saliency map; choose LDS, LZ or LZU to export one.")
    return _npz(saliency=saliency[0, 0].float().cpu().numpy())


def _trace_npz(question: Question) -> bytes:
    """Everything of the run but the scores at the picture's size, by the names of :class:`lzviz.Trace`; ``sites`` (N, 2)
    are x, y in pixels of the working size."""
    trace = question.run()
    arrays = {
        "zoomed": trace.zoomed,
        "saliency": trace.saliency,
        "scores": trace.scores,
        "labels": trace.labels,
        "zoomed_labels": trace.zoomed_labels,
        "truth": trace.truth,
        **{f"feature {name}": feature for name, feature in trace.features.items()},
        **{f"extra {name}": value for name, value in trace.extras.items()},
    }
    kept = {name.replace(" ", "_"): value[0].cpu().numpy() for name, value in arrays.items() if value is not None}
    stages = list(trace.milliseconds)
    return _npz(
        **kept,
        sites=trace.layout.sites.float().cpu().numpy(),
        classes=np.array(trace.classes),
        stages=np.array(stages),
        milliseconds=np.array([trace.milliseconds[name] for name in stages]),
        macs=np.array([trace.macs[name] for name in stages]),
        working_size=np.array(question.size),
        picture_size=np.array(question.picture.size),
        device=np.array(trace.device),
    )


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


# A script ----------------------------------------------------------------------------------------------------------


def _snippet(question: Question) -> bytes:
    """The run again, in Python."""
    source = question.picture.source
    picture = source or 'numpy.asarray(PIL.Image.open("picture.png").convert("RGB"))'
    name = question.name
    if name.startswith(checkpoints.UNTRAINED):
        made = f"lzviz.training.recipes.RECIPES[{checkpoints.recipe_of(name)!r}].blueprint.build({len(question.trained.classes)})"
    else:
        made = f"lzviz.load({'FOLDER' if name.startswith('own-') else name!r})"
    told = ", saliency=saliency" if question.told else ""
    lines = [
        headline(f"{checkpoints.title(checkpoints.card(name))} on one picture, from pixels to labels."),
        "",
        *(("import numpy", "import PIL.Image") if not source or question.state.learned_from == "truth" else ()),
        *(("import skimage.data",) if "skimage" in picture else ()),
        "import torch",
        "",
        "import lzviz",
        *(("import lzviz.training.recipes",) if made.startswith("lzviz.training") else ()),
        "",
        f"pipeline = {made}",
        f"image = torch.from_numpy({picture}.copy()).permute(2, 0, 1)[None] / 255",
        *_told_lines(question),
        f"trace = pipeline.run(image{told})",
        "",
        "trace.labels, trace.zoomed, trace.saliency, trace.milliseconds  # and what else there is: lzviz.Trace",
    ]
    return ("\n".join(lines) + "\n").encode()


def _told_lines(question: Question) -> list[str]:
    if not question.told:
        return []
    if question.state.learned_from == "truth":
        return [
            'labels = torch.from_numpy(numpy.asarray(PIL.Image.open("labels.png"))).long()[None]  # class indices',
            f"saliency = pipeline.sampler.oracle(labels, density={question.state.strength!r})",
        ]
    return [
        "told = torch.zeros(1, 1, 64, 128)  # your map: 1 = look here",
        f"saliency = pipeline.sampler.oracle_map(told, density={question.state.strength!r})",
    ]


WRITERS: dict[tuple[str, str], Callable[[Question], bytes]] = {
    ("labels", "png"): _labels_png,
    ("overlay", "png"): _overlay_png,
    ("error", "png"): _error_png,
    ("zoomed", "png"): _zoomed_png,
    ("prediction", "png"): _prediction_png,
    ("saliency", "npz"): _saliency_npz,
    ("trace", "npz"): _trace_npz,
    ("snippet", "py"): _snippet,
}
