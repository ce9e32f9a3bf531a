"""The labelled prompts, and which of them training never sees."""

import random
import re
from collections import defaultdict
from pathlib import Path

import msgspec

LANGUAGES = ("en", "de", "es", "fr", "zh", "hi", "ja")
_FOLDER = Path(__file__).parent / "prompts"
# Written after the first figures, and only trained on.
LATER = "later"
SEED = 20261128
_PASSAGE = re.compile(r"\{([a-z]{2,})(?:\*(\d))?\}")


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt with the tier that it needs. `group` is shared by prompts that say much the same in several languages."""

    language: str
    tier: str
    kind: str
    group: str
    prompt: str


def labelled(folder: Path = _FOLDER) -> list[Labelled]:
    """All of them, in the order of the files."""
    lines = (folder / "passages.tsv").read_text(encoding="utf-8").splitlines()
    passages = {name: text for _, name, text in (line.split("\t") for line in lines)}

    def filled(prompt: str) -> str:
        put = _PASSAGE.sub(lambda match: passages.get(match[1], match[0]) * int(match[2] or 1), prompt)
        return put.replace("\\n", "\n")

    lines = (folder / "later.tsv").read_text(encoding="utf-8").splitlines()
    later = [
        Labelled(language=language, tier=tier, kind=LATER, group=f"{LATER}-{at}", prompt=filled(prompt))
        for at, (tier, language, prompt) in enumerate(line.split("\t") for line in lines)
    ]
    return later + [
        Labelled(language=language, tier=tier, kind=kind, group=group, prompt=filled(prompt))
        for language in LANGUAGES
        for tier, kind, group, prompt in (
            line.split("\t") for line in (folder / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
        )
    ]


def split(prompts: list[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Two thirds to train on and the third that is held back, by groups, alike in tier and kind."""
    groups: dict[tuple[str, str, bool], dict[str, None]] = defaultdict(dict)
    for one in prompts:
        if one.kind == LATER:
            continue
        groups[one.tier, one.kind, one.group.startswith("en-")][one.group] = None
    dice = random.Random(SEED)  # noqa: S311  # a split, not a secret
    held: set[str] = set()
    over = 0.0
    for key in sorted(groups):
        names = list(groups[key])
        dice.shuffle(names)
        wanted = len(names) / 3 + over
        count = int(wanted + 0.5)
        over = wanted - count
        held.update(names[:count])
    return [one for one in prompts if one.group not in held], [one for one in prompts if one.group in held]
