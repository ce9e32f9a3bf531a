"""How the word lists of this package are written down."""


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


def groups(lines: str) -> dict[str, str]:
    """Each word, and the first word of its line, which stands for the group."""
    return {word: line.split()[0] for line in lines.strip().splitlines() for word in line.split()}


def opposites(pairs: str) -> dict[str, frozenset[str]]:
    """Each word's opposites, out of "a,b:c": a and c, b and c."""
    found: dict[str, frozenset[str]] = {}
    for pair in pairs.split():
        sides = [frozenset(side.split(",")) for side in pair.split(":")]
        for side, other in (sides, reversed(sides)):
            for word in side:
                found[word] = found.get(word, frozenset()) | other
    return found
