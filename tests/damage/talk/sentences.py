"""Sentences in which a phrase, an article or a mark that looks idle carries the meaning.

`cores` are what has to stay at the aggressive level too, where articles elsewhere in the sentence may go; at every other level
the sentence stays as it is.
"""

import re
from typing import NamedTuple

PREAMBLE = (
    "You help the students of a university with their exercises. Answer in English, in at most ten sentences, and show the "
    "steps of a calculation one by one. Use the notation of the lecture notes. Where a student made a mistake, say which "
    "step is wrong before you give the solution. If a question is about dates of exams, refer to the calendar."
)


class Turned(NamedTuple):
    """A sentence, and the parts of it that no level may touch."""

    sentence: str
    cores: tuple[str, ...]


def _read(text: str) -> tuple[Turned, ...]:
    """One sentence a line; what stands between « and » is a core of it."""
    lines = [line.strip() for line in text.strip().split("\n")]
    return tuple(Turned(re.sub("[«»]", "", line), tuple(re.findall("«(.*?)»", line))) for line in lines)


PHRASES = _read("""
    Unless told otherwise, differentiate «with respect to x» and integrate with respect to t.
    Take the derivative of f «with respect to the second argument».
    Normalise each column «with respect to its own mean».
    An employer must not discriminate «on the basis of sex or race».
    Sort the vectors so that they are written «on the basis of eigenvectors».
    The contract was awarded «on the basis of» three criteria, which are listed in section 4.
    Set the «prior to 0.5» and the likelihood to a normal one.
    Change the Beta «prior to a flat one» where the sample is small.
    Compare the «prior to the posterior» before you answer.
    Move the marker that says «in order to the left» of the list.
    Return the «items in order to the client», newest first.
    Put the cards «in order to» the side of the board, not on it.
    The clause «subsequent to» is not a condition precedent.
    Use the label «"subsequent to"» where the form says so.
    Read the poem «in light of» the letters that its writer left.
    A motion needs «the majority of 5» to pass.
    Name «the majority of» each state in years, which is the age at which a person is an adult.
    Your goal is «to please the customer», not to win the argument.
    Never «please yourself» first.
    The word «"please"» has to occur in every letter.
    Grow «a variety of apple» that stands frost.
    State «a variety of» wheat by its botanical name.
    The record is called «Kind of Blue», the light is «kind of blue» too.
    Name the «kind of number» that the root of two is.
    The tests «make sure» of nothing but the format.
    A sniper has to «make sure of» the wind.
    Quote the phrase «"due to the fact that"» from the exercise and mark it as wordy.
    Replace «"in order to"» by "to" wherever a student writes it.
    Strike «"it is important to note that"» from their essays.
    A «daily basis point» is one hundredth of a percent for a day.
    Report the spread «on a daily basis point» scale.
    Ask what «"make use of"» takes as its object.
    The lens has «a variety of focus» that depends on the light.
    The clause says «"utilize"», so quote it with a z.
    Explain the difference between «"as a result of"» and "as a result".
    Keep the defined term «In The Event That» as the bond writes it.
    Say whether the choir sang «in accordance with» or against the score.
    The variable «at_this_point_in_time» holds a date.
    Use «the --with-regard-to flag» of the program.
    A «wide range of 40 to 90 km» is normal for this animal.
    The gun has «a wide range of» nine miles.
    Take the number «into account 4711», not into the suspense account.
    «Take into account» number 12 every deposit that has no reference.
    The students know «each and every» as a doublet; do not correct it.
    Do not answer «in the course of» study ALG-2, only in ALG-3.
    Regard «despite the fact that» as a conjunction of five words.
""")

ARTICLES = _read("""
    In each exercise, «solve for a» and then for b.
    If «a is» negative, say that there is no real solution.
    Let «a be» the side and let b be the height.
    Press «the a key» to go on, not the enter key.
    The note after g is «an a», not a b.
    The answer is «option a» where both hold.
    A ticket costs 4 euros «an hour» and 20 euros «a day».
    They meet «twice a week», and once a month on a Friday.
    Give the drug «three times a day», «a gram» at a time.
    «The more the better» is not an argument.
    «The sooner» a student asks, «the better».
    Give «a few» hints, but never few and unclear ones.
    Allow «a little» time, which is not little time.
    «A number of» students is plural, «the number of» students is singular.
    Wait «a bit», not a bit field.
    Translate «"a"» as an indefinite article and «"the"» as a definite one.
    Name «a second» reason, and wait a second before the third.
    Write «a 5» where the grade is a five, not 5.
    «The The» is a band, and «The Who» is another one.
    It costs «half a crown», not half crown.
    He is «the one», not one of many.
    Take «the other» one, not another one.
    Round to tenths, «a third» counts as 0.3.
    «An A» is the best grade, «an F» the worst.
    The plural of «"an ox"» is oxen.
    Say «in the red» of a firm that makes losses, and in red of a pen.
    She has «a good many» books and «a great deal» of time.
    Use «vitamin A» and hepatitis A as names.
    «A to Z» means everything.
""")

MARKS = _read("""
    Write the answer as «- **Original Code:** the lines» and nothing else.
    Begin with the line «**Verdict:** pass or fail».
    The rule has to say «def **init**(self)» as the manual of the tool does.
    Name the methods «**eq** and **hash**» in this spelling.
    Pass the rest on with «f(*args, **kwargs)», not one by one.
    Compute «2 ** 3 ** 2» from the right.
    The heading of a finding is «### **Finding 1** (high)», with both marks.
    Use «__call__» where the text says call.
    Put «*one star* and **two stars**» round emphasis in your own answers, exactly like that.
    Tell the customer in Spanish: «Vamos a la playa a las ocho».
    Tell the customer in German: «Ich denke an an alle gerichtete Briefe».
    The search for «**/*.py» finds every module below.
""")

# What is to be written word for word, with and without quotation marks.
LITERALS = _read("""
    Close every letter with the words «"Please note that we are closed on a daily basis in order to count the stock."».
    If the customer is angry, say «'I would like you to know that we are sorry due to the fact that it was our mistake.'»
    The title has to be «“In Order to the Majority of a Kind”», in this spelling.
    Use the template «`Please make sure that {name} is there prior to {time}`» for reminders.
    Answer with exactly this line: «PLEASE NOTE THAT THE OFFICE IS CLOSED»
    The subject of the mail is: «In light of the fact that the depot has moved»
    Write the label «[in order to be sent]» in front of it.
    The error text «"has the ability to"» comes from the old system, look for it word for word.
    Our motto, «First and foremost, the sea», may not be changed.
    The command is «git commit -m "make use of the cache in order to save time"».
    The key of the setting is «"subsequent to"» and its value is «"prior to"».
    Translate «„in order to“» and «„with regard to“» as they stand.
    The user may say «"please", "kindly" or "make sure"»; none of them changes what is asked.
    The regular expression is «/(in order to|due to the fact that)\\s+/i» and has to be used as it is.
    The column is called «the majority of votes (in %)», the other one «a number of votes».
""")

# To be said as they stand, and nothing around them says so but the words in front.
SAID = _read("""
    Reply with exactly this sentence: «It is important to note that the results are in the report.»
    When somebody says bye, reply exactly: «Goodbye, and thank you for visiting the shop. Please note that the shop opens at nine.»
    End every reply with «Thank you for visiting the shop and please note that the returns are free for the customer.»
    Greet people by saying «Welcome to the hotel, the manager will take the bags to the room.»
    If the customer is angry, your answer shall be «We are sorry for the problem with the order and will refund the amount.»
    When a request fails the error shown is: «The request failed in the system because of the price of the item.»
    Always begin with the exact words «As a member of the team I have the answer to the question.»
    The motto of the firm is «In the event that the order is late, the customer gets the money.»
    Before the refund, read this statement. «By the terms of the contract the customer has to pay the fee.»
    Sign off as follows: «the members of the team and the manager of the shop wish the customer the best.»
    Ask for the booking, then state the following. «You can cancel the booking until the date of the flight.»
    The footer reads «This is an answer of the assistant, please ensure that the details of the order are correct.»
    Append a warning saying «Do not give the password to the agent, the owner of the account is the customer.»
    Use the title «Notes of the Meeting» and the subtitle «The plan for the quarter and the budget of the team».
""")


_SPANISH = (
    "Responde a cada pregunta en español. Envía a la usuaria a la página de ayuda, a menos que pida hablar con una persona. "
    "De lunes a viernes, de 9 a 5, di que llame a la oficina."
)
_FRENCH = (
    "Réponds en français. Si le client a payé, dis-lui qu'il a un an pour changer d'avis. Elle a an après an la même règle : "
    "on a le droit de refuser."
)
_GERMAN = (
    "Antworte auf Deutsch. Sende die Frage an den Dienst, an dem die Kundin hängt. An Sonntagen an die Zentrale. "
    "Wir nehmen die Karten an."
)
TONGUES = (
    _SPANISH,
    _FRENCH,
    _GERMAN,
    "Responda em português. Vá a loja a pé, a partir das 9 a tarde. A quem pagar a conta, dê a nota.",
    "Rispondi in italiano. Vai a casa a piedi, a meno che non piova. Il cliente va a Roma a maggio.",
    "Svara på svenska. An så länge är allt bra. The är en dryck som vi inte säljer.",
    "Válaszolj magyarul. A ház és a kert a városban van, és a kulcs a szomszédnál.",
)
