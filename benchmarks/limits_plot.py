"""Draws docs/img/limits.svg: calls let through and refused over time, ours beside two others, on a virtual clock.

The server allows 250 calls a minute and does not say so; at minute 4 it allows half of that, at minute 8 all of it
again. The same seed gives the same picture.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from benchmarks.adaptive import CLIENTS, LIMIT, SERVERS, Scenario, World
from benchmarks.hidden import MINUTE

SCENARIO = Scenario(minutes=12, limits=((0, LIMIT), (4, LIMIT // 2), (8, LIMIT)))
STEP = 10.0  # seconds of a bar
NAMES = {
    "ours": "commerce-async",
    "botocore-style": "botocore-style adaptive retries",
    "backoff": "exponential backoff",
}
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 720, 110, 44, 26, 44
_COLOURS = {"let through": "#2f7ebc", "refused": "#d1495b", "the limit": "#666"}


def counted(times: Sequence[float]) -> list[int]:
    """How many of the times fall into each step."""
    bins = [0] * int(SCENARIO.minutes * MINUTE / STEP)
    for at in times:
        if (index := int(at / STEP)) < len(bins):
            bins[index] += 1
    return bins


def panel(name: str, world: World, top: float, most: float) -> list[str]:
    """One client's bars, as SVG elements."""
    wide = (_WIDTH - _LEFT - 8) / (SCENARIO.minutes * MINUTE / STEP)
    end = SCENARIO.minutes * MINUTE
    share = world.share(MINUTE, end)
    words = f"{NAMES[name]}: {world.used(MINUTE, end):.0%} of the limit used, {share:.1%} of the calls refused"
    parts = [f'<text x="{_LEFT}" y="{top - 8:.0f}" font-weight="bold">{words}</text>']
    for index, (good, bad) in enumerate(zip(counted(world.admitted), counted(world.throttled), strict=True)):
        x, bottom = _LEFT + index * wide, top + _HEIGHT
        for count, colour in ((good, _COLOURS["let through"]), (bad, _COLOURS["refused"])):
            tall = min(count / most * _HEIGHT, bottom - top)
            bottom -= tall
            size = f'width="{wide - 0.6:.1f}" height="{tall:.1f}"'
            parts.append(f'<rect x="{x:.1f}" y="{bottom:.1f}" {size} fill="{colour}"/>')
    ends = [at for at, _ in SCENARIO.limits[1:]] + [SCENARIO.minutes]
    for (at, limit), until in zip(SCENARIO.limits, ends, strict=True):
        y = top + _HEIGHT - limit * STEP / MINUTE / most * _HEIGHT
        left, right = (_LEFT + when * MINUTE / STEP * wide for when in (at, until))
        parts.append(
            f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_COLOURS["the limit"]}"/>'
        )
    return parts


def picture() -> str:
    """The whole SVG document."""
    parts: list[str] = []
    for row, name in enumerate(NAMES):
        dice = random.Random(1)
        world = World(SERVERS["fixed"](LIMIT, dice), CLIENTS[name](dice), SCENARIO, seed=1).run()
        parts += panel(name, world, _TOP + row * (_HEIGHT + _GAP), LIMIT * STEP / MINUTE * 2.2)
    bottom = _TOP + len(NAMES) * (_HEIGHT + _GAP) - 12
    for minute in range(0, int(SCENARIO.minutes) + 1, 2):
        x = _LEFT + minute / SCENARIO.minutes * (_WIDTH - _LEFT - 8)
        anchor = "end" if minute == SCENARIO.minutes else "middle"
        parts.append(f'<text x="{x:.0f}" y="{bottom - 14}" text-anchor="{anchor}">{minute} min</text>')
    for index, (word, colour) in enumerate(_COLOURS.items()):
        parts.append(f'<rect x="{_LEFT + index * 150}" y="{bottom}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{_LEFT + 18 + index * 150}" y="{bottom + 11}">{word}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {bottom + 24}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>Calls per {STEP:.0f} seconds against a hidden limit</title>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=Path("docs/img/limits.svg"))
    parser.parse_args().to.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
