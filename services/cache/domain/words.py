"""How the word lists of this package are written down."""


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


def groups(lines: str) -> dict[str, str]:
    """Each word, and the first word of its line, which stands for the group."""
    return {word: line.split()[0] for line in lines.strip().splitlines() for word in line.split()}


def opposites(pairs: str) -> frozenset[frozenset[str]]:
    """Pairs out of "a,b:c": a and c, b and c."""
    return frozenset(
        frozenset((one, other))
        for pair in pairs.split()
        for left, right in [pair.split(":")]
        for one in left.split(",")
        for other in right.split(",")
    )
