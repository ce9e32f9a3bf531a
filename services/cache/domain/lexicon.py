"""What words do in a question, whatever it is about. Data only; the vetoes say what follows from it."""

from services.cache.domain.words import groups, word_set

COPULAS = word_set("is are was were am be been being")
DETERMINERS = word_set("the a an this that these those my your his her its our their")
AUXILIARIES = COPULAS | word_set(
    "do does did have has had having can could will would shall should may might must ought need able possible"
)
PREPOSITIONS = word_set(
    """about above across after against along among around as at before behind below beneath beside between beyond by
    despite down during for from in inside into like near of off on onto out outside over past per since than through
    throughout till to toward towards under underneath until up upon versus via vs with within without"""
)
QUESTION_WORDS = word_set("what who whom whose which when where why how")
PRONOUNS = word_set(
    """i me mine myself you yours yourself he him himself she herself hers it itself we us ours ourselves they them
    theirs themselves one someone somebody anyone anybody everyone everybody something anything everything nothing
    nobody there here"""
)
CONJUNCTIONS = word_set("and or but nor so if then else because while although though whether yet")
FILLERS = word_set(
    """actually really truly literally indeed basically essentially simply just quite very so currently definitely certainly
    honestly genuinely clearly obviously surely seriously absolutely somehow anyway even also please kindly ever"""
)
NEGATORS = word_set(
    "not no never none neither nor cannot without nobody nothing nowhere hardly barely scarcely except unless"
)
FUNCTION_WORDS = (
    DETERMINERS | AUXILIARIES | PREPOSITIONS | QUESTION_WORDS | PRONOUNS | CONJUNCTIONS | FILLERS | NEGATORS
    | word_set("some any each every all both either many much more most less least few fewer only such same other too")
)  # fmt: skip

# A question with one of these and a question without it, or with another one, do not have the same answer.
QUALIFIERS = groups("""
only solely merely exclusively
more
less fewer
most
least
all every each everyone everybody everything always
both
either
few
several
another
other others else
same
exactly
approximately roughly
almost nearly
maximum max
minimum min
average
median
total
first
second
third
last final
next
previous
again
still
already
yet
before
after
until till
since
during
while
than
instead
former formerly
future
past
ago
becoming becomes became
used
stop stops stopping stopped quit quits quitting cease
start starts starting started begin begins beginning began
continue continues continuing continued keep keeps keeping kept
if
unless
except excluding
including include
without
per
half
quarter
double twice
triple
enough
too
because
although though despite
rather
""")

# Adverbs that "-ly" does not tell.
ADVERBS = word_set(
    """often sometimes seldom once soon later earlier early late fast hard together alone apart elsewhere everywhere anywhere
    somewhere abroad overseas online offline forever twice afterwards beforehand meanwhile overnight upstairs downstairs
    backwards forwards sideways upside inwards outwards otherwise maybe perhaps ahead behind away instead"""
)

# Prepositions that say which way something goes or on which side it stands.
DIRECTIONS = groups("""
to into onto toward towards
from off out
for
against
by
as
with
without
above over
below under underneath beneath
before
after
in inside within during
outside
between
on upon
at
behind
about
near beside around
through via across throughout along
among amongst
beyond past
up
down
like unlike
""")
# Where one question has one of these and the other has not, it is another verb: to turn, to turn up, to turn off.
PARTICLES = word_set("up down off out")
# Prepositions that no phrasing adds or leaves out.
SIDES = {
    word: group
    for word, group in DIRECTIONS.items()
    if group in {"against", "above", "below", "outside", "between", "behind", "near", "beyond", "among"}
}
# Of two of these on the same word, usage decides and not meaning.
LOOSE = frozenset(
    frozenset(pair.split("/"))
    for pair in "in/on in/at in/with in/for in/by in/about in/through on/at on/about on/for for/about at/for in/from from/by".split()
)

# Relations that hold both ways: whoever is married to somebody is somebody's spouse.
SYMMETRIC = word_set(
    """married engaged related similar identical equal equivalent different parallel adjacent friend friends friendly sibling
    siblings cousin cousins neighbour neighbor colleague twin twins partner spouse acquainted compatible comparable"""
)
MUTUAL_VERBS = word_set("dating marry married marrying resemble resembles resembling")

SUBJECT_WORDS = groups("""
he him himself
she her hers herself
they them their theirs themselves
""")


def is_content(word: str) -> bool:
    """Whether a word carries meaning of its own rather than grammar."""
    return word not in FUNCTION_WORDS and word not in QUALIFIERS
