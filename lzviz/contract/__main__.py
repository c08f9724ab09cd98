"""``python -m lzviz.contract``: write what JavaScript reads of the contract; ``--check`` fails where a file differs."""

from __future__ import annotations

import sys

from lzviz.contract.generate import files


def main(arguments: list[str]) -> int:
    """Write or check the generated files; the exit status."""
    stale = [path for path, text in files().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path} differs from the contract; run python -m lzviz.contract")
        return bool(stale)
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(files()[path], "utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
