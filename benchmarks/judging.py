"""Makes material for judges who have not seen the code: what is rarer, of what element, and whom to collect.

    python benchmarks/judging.py OUT --rivals FOLDER [--seed N]

FOLDER holds pictures of other generators (PNG, or SVG of 231 x 231), named after them: `dicebear-bottts-3.png`.
`rivals.mjs` makes those of DiceBear and Multiavatar; RoboHash is on PyPI. OUT gets

    rarity/set_01.png to set_20.png     eight creatures, one of each rarity, shuffled, a to h
    element/01.png to 40.png            single creatures
    pairs/01.png to 40.png              ours, drawn by the usual weights, beside another one: L and R
    sheet_1.png to sheet_4.png          sixteen creatures each, numbered
    keys/                               the answers, as JSON
"""

import argparse
import json
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from minimon.creatures import Element, Rarity, Traits, draw_traits
from minimon.images.drawn.raster import pixels
from minimon.images.drawn.scene import scene_svg

WEIGHTS = dict(zip(Rarity, (24, 20, 16, 12, 10, 8, 5, 1), strict=True))
SIDE = 256
LABEL = 28


def picture(traits: Traits) -> Image.Image:
    """Return a creature, drawn at double size and made smaller."""
    return pixels(scene_svg(traits), 2 * SIDE).resize((SIDE, SIDE), Image.Resampling.BOX)


def rival(path: Path) -> Image.Image:
    """Return another generator's picture at our size, on a pale ground where it has none."""
    ground = Image.new("RGBA", (SIDE, SIDE), "#e3e6f3")
    if path.suffix == ".svg":
        head, _, rest = path.read_text().partition(">")
        return pixels(f'{head}><rect fill="#e3e6f3" height="231" width="231"/>{rest}', SIDE)
    image = Image.open(path)
    ground.alpha_composite(image.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    return ground.convert("RGB")


def grid(images: list[Image.Image], labels: list[str], columns: int, path: Path) -> None:
    """Save pictures in rows, each with its label above."""
    cell = SIDE + LABEL
    sheet = Image.new("RGB", (columns * (SIDE + 8), -(-len(images) // columns) * cell), "white")
    write = ImageDraw.Draw(sheet)
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        x, y = index % columns * (SIDE + 8), index // columns * cell
        write.text((x + SIDE / 2, y + LABEL / 2), label, "black", ImageFont.load_default(20), anchor="mm")
        sheet.paste(image, (x, y + LABEL))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def rarity_sets(out: Path, rng: random.Random) -> dict[str, dict[str, str]]:
    """Draw the sets of eight; return which letter is which rarity, for each."""
    key = {}
    for number in range(1, 21):
        order = rng.sample(list(Rarity), 8)
        images = [picture(Traits(rng.randrange(10**9), rarity, rng.choice(list(Element)))) for rarity in order]
        grid(images, list("abcdefgh"), 4, out / f"rarity/set_{number:02}.png")
        key[f"set_{number:02}"] = {letter: rarity.value for letter, rarity in zip("abcdefgh", order, strict=True)}
    return key


def elements(out: Path, rng: random.Random) -> dict[str, str]:
    """Draw single creatures; return the element of each."""
    key = {}
    for number in range(1, 41):
        traits = Traits(rng.randrange(10**9), list(Rarity)[number % 8], rng.choice(list(Element)))
        grid([picture(traits)], [f"{number:02}"], 1, out / f"element/{number:02}.png")
        key[f"{number:02}"] = traits.element.value
    return key


def pairs(out: Path, rng: random.Random, rivals: list[Path]) -> dict[str, dict[str, str]]:
    """Set ours beside others, left or right by chance; return which is ours and whose the other one is."""
    key = {}
    styles = sorted({path.stem.rpartition("-")[0] for path in rivals})
    for number in range(1, 41):
        style = styles[number % len(styles)]
        other = rng.choice([path for path in rivals if path.stem.rpartition("-")[0] == style])
        traits = draw_traits(WEIGHTS, rng.randrange(10**9))
        ours = rng.choice("LR")
        images = [picture(traits), rival(other)]
        grid(images if ours == "L" else images[::-1], ["L", "R"], 2, out / f"pairs/{number:02}.png")
        key[f"{number:02}"] = {"ours": ours, "rarity": traits.rarity.value, "other": other.stem}
    return key


def sheets(out: Path, rng: random.Random) -> None:
    """Draw four sheets of sixteen."""
    for number in range(4):
        images = [picture(draw_traits(WEIGHTS, rng.randrange(10**9))) for _ in range(16)]
        grid(images, [str(16 * number + index + 1) for index in range(16)], 4, out / f"sheet_{number + 1}.png")


def main() -> None:
    """Make everything."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("out", type=Path)
    options.add_argument("--rivals", type=Path, required=True)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    rng = random.Random(given.seed)
    keys = {
        "rarity": rarity_sets(given.out, rng),
        "element": elements(given.out, rng),
        "pairs": pairs(given.out, rng, sorted(given.rivals.iterdir())),
    }
    sheets(given.out, rng)
    for name, key in keys.items():
        path = given.out / f"keys/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(key, indent=1))


if __name__ == "__main__":
    main()
