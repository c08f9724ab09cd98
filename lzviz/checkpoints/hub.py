"""Checkpoints of the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

from lzviz.checkpoints.cards import CARD, LARGEST_CARD, MODEL

HUB_SECONDS = 10.0
"""How long the Hub may be silent."""
LARGEST_FETCHED = 1 << 29
"""Bytes of a model that is taken from the Hub: about twice the largest network of this library in float32."""


def fetched(name: str, *, token: bool | None = None) -> Path:
    """A checkpoint of the Hub, in the Hub's own cache; one that is there already needs no network.

    Args:
        token: ``None``: the one that is stored here, if any; ``False``: none, so that only what is public is seen.

    Raises:
        ValueError: no such repository, no checkpoint in it, or one above :data:`LARGEST_FETCHED` bytes, which is not downloaded.
        ConnectionError: the Hub did not answer, and nothing was kept.
    """
    try:
        import huggingface_hub
        from huggingface_hub.errors import RepositoryNotFoundError
    except ImportError:
        raise ValueError(f"no folder {name!r} here; to load it from the Hub: pip install huggingface_hub") from None
    try:
        listed = huggingface_hub.model_info(name, files_metadata=True, token=token, timeout=HUB_SECONDS).siblings or []
        sizes, silent = {file.rfilename: file.size or 0 for file in listed}, None
    except RepositoryNotFoundError:
        raise ValueError(f"no folder {name!r} here, and no public repository of that name on the Hub") from None
    except Exception as error:
        sizes, silent = {}, error
    if silent is None:
        for file in (MODEL, CARD):
            if file not in sizes:
                raise ValueError(f"{name!r} on the Hub has no {file}: a checkpoint is a {MODEL} and a {CARD}")
        for file, most in ((MODEL, LARGEST_FETCHED), (CARD, LARGEST_CARD)):
            if sizes[file] > most:
                raise ValueError(
                    f"the {file} of {name!r} has {sizes[file] / 2**20:,.0f} MB, above the {most >> 20} MB that are fetched "
                    "from the Hub: download it yourself and load its folder"
                )
    try:
        if silent is not None and token is False:
            raise silent  # what lies in the cache may have been private
        files = [MODEL, CARD]
        return Path(
            huggingface_hub.snapshot_download(
                name, allow_patterns=files, local_files_only=silent is not None, token=token, etag_timeout=HUB_SECONDS
            )
        )
    except Exception as error:
        cause = silent or error
        reason = str(cause).strip().partition("\n")[0]
        raise ConnectionError(
            f"no folder {name!r} here, and the Hugging Face Hub did not answer ({type(cause).__name__}: {reason}): "
            f"are you offline? Download its {MODEL} and {CARD} and load their folder"
        ) from cause
