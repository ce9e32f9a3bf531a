"""Whether a text is written in the language that the other lists know."""

from collections.abc import Sequence

from services.cache.domain.words import word_set

_ENGLISH = word_set(
    """the this that these those my your his her its our their is are was were been do does did have has had can could will
    would shall should may must what who which when where why how of and or not from with for to about into than through by
    you it he she they we if as at on be there any some between i in a an"""
)
# The commonest grammar of German, French, Spanish, Italian, Portuguese and Dutch.
_OTHERS = word_set(
    """der die das dem den ein eine einen ist sind war wird und oder nicht wie wo wann warum wer was welche welcher mit für von zu
    auf im vor nach bei darf soll muss kann hat gibt man ich le la les un une des est sont et ou ne pas que qui quoi comment
    pourquoi quand où avec sans pour dans sur du au aux quel quelle combien peut el los las una es son y qué cómo dónde cuándo
    por para con sin del cuál cuánto cuántos puede hay il lo gli è di che non perché dove quando quanto quale os um uma são não
    onde com em qual quantos da de het een en van wat hoe waar wanneer waarom niet met voor zijn"""
)
# A phrase of fewer words needs no grammar in any language.
_PHRASE = 4


def foreign(words: Sequence[str]) -> bool:
    """Whether a text's grammar is not English, or a whole sentence has none."""
    english, others = (sum(word in known for word in words) for known in (_ENGLISH, _OTHERS))
    return others > english or (english == 0 and len(words) > _PHRASE)
