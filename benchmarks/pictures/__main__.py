"""Draws all of them: python -m benchmarks.pictures [FOLDER]."""

import sys
from pathlib import Path

from benchmarks.pictures import looks, recovery, share, sizes

PICTURES = {
    "evidence.svg": recovery.picture,
    "every-minute.svg": looks.picture,
    "sizes.svg": sizes.picture,
    "shared-budget.svg": share.picture,
}
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "explanation"


def main(folder: Path) -> None:
    """Write every picture into a folder."""
    for name, picture in PICTURES.items():
        (folder / name).write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
