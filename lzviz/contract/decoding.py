"""Files of strangers are decoded in a process of its own, which is killed when a file takes too long or too much memory.

A picture of a few kilobytes can keep a decoder busy for a minute, inside one call that no thread can leave. The process loads
Pillow and numpy and nothing else, starts with the first file, serves many, and is replaced after it was killed. Both sides
speak in packets: the length of a JSON head, the head, and the bytes whose number the head names. Nothing is unpickled.

    decoder = Decoder()
    picture = decoder.picture(Path("street.png").read_bytes())
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from queue import LifoQueue
from typing import IO, Any

import numpy as np

from lzviz.contract import pictures, truth
from lzviz.contract.pictures import Picture
from lzviz.contract.truth import Truth
from lzviz.contract.wire import Busy, Refusal
from lzviz.text import Text

SECONDS = 10.0
"""What one file may take."""
MEMORY = 3 << 30
"""Bytes of address space of a process: a picture of :data:`~lzviz.contract.pictures.MAX_PIXELS` in any mode fits."""
PROCESSES = 2
"""Files that are decoded at one time."""
WATCH_SECONDS = 0.1
GONE: ContextVar[Callable[[], bool] | None] = ContextVar("gone", default=None)
"""Tells whether nobody waits any more for what is decoded or computed in this context."""
HEAD_BYTES = 4
ARRAY_BYTES = 128 << 20
"""Most that an array takes once it is unpacked."""
SLOWER = 3
"""Times the seconds of a picture that an array may take: torch is imported where a file wants it."""


KINDS = {"picture": "image", "truth": "image", "array": "file"}
"""What is decoded, as the keys of words have it: ``refused.image.late``."""
ROOT = Path(__file__).resolve().parents[2]


def check_wanted() -> None:
    """Raise a :class:`~lzviz.contract.wire.Refusal` where nobody waits any more: for work of many steps, between two."""
    gone = GONE.get()
    if gone is not None and gone():
        raise Refusal("The page no longer waits for this answer.", 499)


class Decoder:
    """Decodes files under limits. Safe between threads; more files than processes wait.

    Args:
        seconds: for one file; memory: bytes of one process, where the system can limit them (POSIX); processes: at one time.
    """

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY, processes: int = PROCESSES):
        self._idle: LifoQueue[_Process] = LifoQueue()
        for _ in range(processes):
            self._idle.put(_Process(seconds, memory))

    def picture(self, data: bytes) -> Picture:
        """:func:`lzviz.contract.pictures.decode`."""
        head, pixels = self._ask({"what": "picture"}, data)
        return Picture(pixels, tuple(map(Text.of, head["notes"])))

    def truth(self, data: bytes, size: tuple[int, int], classes: Sequence[str]) -> Truth:
        """:func:`lzviz.contract.truth.read`."""
        asked = {"what": "truth", "size": size, "classes": list(classes)}
        with _folder() if array_suffix(data) else contextlib.nullcontext("") as folder:
            head, labels = self._ask({**asked, "folder": folder}, data)
        return Truth(labels, tuple(head["classes"]), head["source"], head["kind"], tuple(map(Text.of, head["notes"])))

    def array(self, data: bytes, name: str, first: Sequence[str] = ()) -> tuple[np.ndarray, str | None]:
        """The array of a file by :func:`lzviz.doctor.adapters.files.load`, and what its name or kind says of its use."""
        # Made and removed here: a process that is killed removes nothing.
        with _folder() as folder:
            head, values = self._ask({"what": "array", "name": name, "first": list(first), "folder": folder}, data)
        return values, head["use"]

    def warp(self, data: bytes, name: str) -> tuple[np.ndarray, str | None, dict[str, np.ndarray]]:
        """As :meth:`array`, and what lies beside it by name: labels, boxes, a gradient."""
        with _folder() as folder:
            asked = {"what": "array", "name": name, "folder": folder}
            head, values = self._ask({**asked, "first": []}, data)
            beside = {part: self._ask({**asked, "first": [part]}, data)[1] for part in head["beside"]}
        return values, head["use"], beside

    def _ask(self, asked: dict[str, Any], data: bytes) -> tuple[dict[str, Any], np.ndarray]:
        process = self._idle.get()
        try:
            head, body = process.ask(asked, data, GONE.get())
        finally:
            self._idle.put(process)
        if "refusal" in head:
            raise Refusal(Text.of(head["refusal"]), head["status"], whole=True)
        return head, np.frombuffer(body, head.get("dtype", "u1")).reshape(head["shape"])


@contextlib.contextmanager
def _folder() -> Iterator[str]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="lzviz-", ignore_cleanup_errors=True)
    except OSError:
        raise Busy(Text("refused.room"), 30) from None
    with folder as name:
        yield name


class _Process:
    """One process, started when it is needed; it ends by itself when this end of its pipes is closed."""

    def __init__(self, seconds: float, memory: int):
        self._seconds, self._memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None

    def ask(
        self, asked: dict[str, Any], data: bytes, gone: Callable[[], bool] | None
    ) -> tuple[dict[str, Any], bytearray]:
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = self._started()
        assert process.stdin is not None and process.stdout is not None
        what, seconds = KINDS[asked["what"]], self._seconds * (SLOWER if asked["what"] == "array" else 1)
        with self._watched(process, seconds, gone) as stopped:
            try:
                _send(process.stdin, asked, data)
                if (answer := _receive(process.stdout)) is not None:
                    return answer
            except OSError:
                pass  # it died while it was told what to do
            except BaseException:
                process.kill()  # half a packet may be left in its pipes
                raise
        process.kill()
        process.wait()
        self._process = None
        if "gone" in stopped:
            raise Refusal(f"The page no longer waits for this {what}.", 499)
        if "late" in stopped:
            raise Refusal(Text(f"refused.{what}.late", {"seconds": seconds}), 422)
        raise Refusal(Text(f"refused.{what}.memory"), 413)

    def _started(self) -> subprocess.Popen[bytes]:
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        # One thread of a linear algebra library reserves as much address space as a picture takes.
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **single, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        assert process.stdout is not None
        _receive(process.stdout)  # it has loaded: that does not count as decoding
        return process

    @contextlib.contextmanager
    def _watched(
        self, process: subprocess.Popen[bytes], seconds: float, gone: Callable[[], bool] | None
    ) -> Iterator[list[str]]:
        """Kills the process when time is up or nobody waits; says which."""
        done, stopped = threading.Event(), []

        def watch() -> None:
            waited = 0.0
            while not done.wait(WATCH_SECONDS):
                waited += WATCH_SECONDS
                if waited >= seconds or (gone is not None and gone()):
                    stopped.append("late" if waited >= seconds else "gone")
                    return process.kill()

        watcher = threading.Thread(target=watch, daemon=True, name="watch-decoder")
        watcher.start()
        try:
            yield stopped
        finally:
            done.set()
            watcher.join()


# Packets ------------------------------------------------------------------------------------------------------------


def _send(pipe: IO[bytes], head: dict[str, Any], body: bytes | memoryview) -> None:
    said = json.dumps({**head, "bytes": len(body)}).encode()
    pipe.write(len(said).to_bytes(HEAD_BYTES, "little") + said)
    pipe.write(body)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytearray] | None:
    """The next packet; ``None`` when the other end was closed."""
    length = pipe.read(HEAD_BYTES)
    if len(length) < HEAD_BYTES:
        return None
    said = pipe.read(int.from_bytes(length, "little"))
    if not said.endswith(b"}"):
        return None
    head = json.loads(said)
    body = bytearray(head["bytes"])
    view, held = memoryview(body), 0
    while held < len(body) and (count := pipe.readinto(view[held:])):  # type: ignore[attr-defined]
        held += count
    return (head, body) if held == len(body) else None


# In the process -----------------------------------------------------------------------------------------------------


def _answered(asked: dict[str, Any], data: bytes) -> tuple[dict[str, Any], np.ndarray]:
    try:
        if asked["what"] == "truth":
            made = _truth(data, Path(asked["folder"]), tuple(asked["size"]), asked["classes"])
            said = {
                "classes": made.classes,
                "source": made.source,
                "kind": made.kind,
                "notes": [note.plain() for note in made.notes],
            }
            return {**said, "shape": made.labels.shape}, made.labels
        if asked["what"] == "array":
            return _array(asked["name"], Path(asked["folder"]), data, asked["first"])
        picture = pictures.decode(data)
        return {"notes": [note.plain() for note in picture.notes], "shape": picture.pixels.shape}, picture.pixels
    except Refusal as refusal:
        assert refusal.says is not None
        return {"refusal": refusal.says.plain(), "status": refusal.status}, np.empty(0, np.uint8)
    except MemoryError:
        said = Text(f"refused.{KINDS[asked['what']]}.memory")
        return {"refusal": said.plain(), "status": 413}, np.empty(0, np.uint8)


def array_suffix(data: bytes) -> str:
    """What files that begin as these bytes do, and hold arrays, end in; "" for any other file."""
    if data.startswith(b"\x93NUMPY"):
        return ".npy"
    if data.startswith(b"PK\x03\x04"):
        return ".npz"
    header = int.from_bytes(data[:8], "little")
    return ".safetensors" if data[8:9] == b"{" and header <= len(data) - 8 else ""


def _truth(data: bytes, folder: Path, size: tuple[int, int], classes: Sequence[str]) -> Truth:
    suffix = array_suffix(data)
    if not suffix:
        return truth.read(data, size, classes)
    labels = _array(f"labels{suffix}", folder, data, ("labels", "truth"), "refused.labels.unread")[1]
    return truth.of_array(labels, size, classes)


def _array(
    name: str,
    folder: Path,
    data: bytes,
    first: Sequence[str],
    unread: str = "refused.array.unread",
) -> tuple[dict[str, Any], np.ndarray]:
    """The doctor reads files by their paths; ``folder`` gives it one, with the visitor's suffix and nothing else."""
    from lzviz.doctor.adapters import files, numpy_of

    suffix = Path(name).suffix.lower()
    place = folder / f"file{suffix if suffix in files.SUFFIXES + files.MAPS else '.unknown'}"
    place.write_bytes(data)
    try:
        loaded = files.load(place, None, first)
        values = numpy_of(loaded.values)
    except (ValueError, TypeError) as problem:
        told = str(problem).removeprefix(f"{place.name}: ").split("\n")[0]
        said = {"name": name[-60:], "suffix": suffix, "told": told[:200].rstrip(".")}
        raise Refusal(Text(unread, said), 422) from None
    if not values.size:
        raise Refusal(Text("refused.array.empty", {"name": name[-60:], "shape": str(values.shape)}), 422)
    if values.nbytes > ARRAY_BYTES:
        size = {"mib": values.nbytes >> 20, "shape": str(values.shape), "most": ARRAY_BYTES >> 20}
        raise Refusal(Text("refused.array.large", {"name": name[-60:], **size}), 413)
    return {"shape": values.shape, "dtype": values.dtype.str, "use": loaded.use, "beside": list(loaded.beside)}, values


def _serve(memory: int) -> None:
    """Answer until the other end is closed."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # What a decoder prints must not be taken for an answer.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _send(out, {}, b"")
    while (packet := _receive(sys.stdin.buffer)) is not None:
        head, values = _answered(packet[0], bytes(packet[1]))
        del packet
        _send(out, head, np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        del values


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        _serve(int(sys.argv[1]))
