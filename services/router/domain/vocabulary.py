"""The words and forms that signals are read from. Patterns meet lower-case text with single blanks."""

import re

# Looked for in what is asked.
ASKED = {
    "proof": r"prov(?:e|es|ing) |proofs?\b|show that|derive|derivation|theorem|lemma|corollary|by induction|by contradiction"
    r"|irrational|isomorph|bijection|axiom",
    "mathematics": r"integral|optimal|bayes|derivative|differential|equation|polynomial|matri(?:x|ces)|eigen|vector|probability|expected"
    r" (?:number|value)|variance|combinator|permutation|modulo|congruen|prime|logarithm|converge|series|limit of|sum of"
    r"|product of|reciprocal|factori[sz]|geometr|topolog|algebra|asymptot|np-|big-?o\b|in how many ways|how many ways"
    r"|[a-z0-9)]\s?\^\s?[{(a-z0-9-]|\\[a-z]+|[∫∑√≤≥≠∀∃∈]",
    "code": r"\b(?:python|javascript|typescript|java|rust|golang|kotlin|swift|ruby|php|sql|bash|c\+\+|c#|haskell|scala)\b"
    r"|\bapi\b|\bcode\b|\bfunction\b|\bclass\b|\bregex\b|regular expression|algorithm|data structure|compil|stack ?trace"
    r"|\bexception|traceback|segfault|null pointer|\bquery\b|\bschema\b|endpoint|unit tests?|\bbugs?\b|pull request|`[^`]+`"
    r"|recursi|\b(?:binary|tree|graph|array|linked list|heap|hash|pointer|iterat\w+)\b|\bcache\b|\bbuffer\b|\bqueue\b|\bscript\b",
    "engineering": r"debug|refactor|implement|race condition|deadlock|mutex|\block|thread|concurren|async|memory leak|leaks?"
    r" memory|complexity|optimi[sz]|latency|throughput|distributed|consisten|partition|replica|shard|fault|idempot"
    r"|architect|microservice|scal(?:e|able|ability)|migrat|protocol|consensus|cluster|vulnerab|security|encrypt|kernel",
    "reasoning": r"\bwhy\b|explain how|how would|how should|how could|justify|analy[sz]|critique|critical|evaluate|assess"
    r"|predict|compare|contrast|trade-?offs?|weigh|pros and cons|implication|consequence|argue|argument|refute|contradict|paradox"
    r"|fallac|\bflaw|reason(?:s|ing)? |root cause|diagnos|differential|infer|deduce|logic|puzzle|riddle|strateg|generali[sz]e"
    r"|\bcause[sd]? |intuition|interpret|hypothes|should (?:we|i|they)|best (?:way|move|approach|option)|step[ -]by[ -]step",
    "supposition": r"suppos|what if|what happens (?:if|when)|imagine (?:that|a|if)|had (?:not |never )?\w+(?:ed|en|n|t)\b"
    r"|would have|assum(?:e|ing)|hypothetical|\bif .{3,80}\b(?:would|could|should|then|how|what|who|is|are|do|does)\b",
    "planning": r"design|\bplan\b|schedul|roadmap|allocate|itinerary|budget|prioriti|propose|curriculum|arrange \d"
    r"|organi[sz]e a|strategy|workflow|policy",
    "expertise": r"\btax|legal|\blaw\b|liab|clause|contract|statut|regulat|\bgdpr|plaintiff|fiduciary|symptom|fever|dos(?:e|age)"
    r"|patient|therap|clinical|patholog|syndrome|murmur|chronic|acute|hedg(?:e|ing)|derivatives|portfolio|amorti[sz]"
    r"|valuation|monetary|thermodynam|quantum|relativ|genom|protein|molecul|philosoph|epistem|libertarian|marxis|kantian"
    r"|jurisprud|econometric",
    "limits": r"\bwithout\b|at most|at least|exactly|\bno more\b|no (?:more|less|two|one|\w+s\b)|must\b|\bonly\b|so that|such that"
    r"|given (?:that|a|the|\d)|subject to|\beach\b|\bbudget\b|\bunless\b|\bexcept\b|while (?:keep|preserv|maintain)|neither|between"
    r" \d|under \$?\d|within \d|\bboth\b|\ball\b|\bnone\b",
    "steps": r"\bthen\b|\bfinally\b|\bnext,|\bafter that\b|\bfirst(?:ly)?,|\bsecond(?:ly)?,|\band (?:explain|justify|check|prove|then|why)",
    "wording": r"\b(?:translate|forward|repeat|summari[sz]e|shorten|rephrase|paraphrase|reword|rewrite|proofread|capitali[sz]e"
    r"|alphabeti[sz]e|extract|synonyms?|antonyms?|typos?|spelling|commas|punctuation|grammar|bullet points|tl;?dr|sentiment)\b"
    r"|\b(?:spell|correct|format|list|pick|count) (?:this|the|it|all|every|\w+ words|five|three|ten)\b"
    r"|\b(?:how (?:do|to) (?:you )?spell|spell \W?\w+\W{0,2}$)"
    r"|\bmake (?:this|it) (?:\w+er|(?:more|less) \w+)\b|\b(?:upper|lower)[ -]?case\b|capital letters|alphabetical|a title\b|opposite of"
    r"|\b(?:first|last) (?:word|sentence|line)\b|how many times does|positive or negative|(?:which|what) language is"
    r"|thank[- ]you (?:note|reply|letter)|short reply|one sentence\b|most important words",
}
PATTERNS = {name: re.compile(pattern) for name, pattern in ASKED.items()}

# Looked for in the whole prompt: code that is shown, and instructions spread over it.
FENCED = re.compile(r"```|\bdef \w+\(|[;{}]\s*(?:return|if|for|while)\b|#include|\bselect\b.{1,80}\bfrom\b")
NUMBERED = re.compile(r"(?:^| )(?:\d{1,2}[.)]|step \d+)(?= [a-z])")

# One plain question or wish: what an encyclopaedia, a dictionary or a card with kind words answers.
LOOKUP = re.compile(
    r"(?:(?:and|so|ok|but|anyway)[, ]+)*(?:"
    r"(?:what|who|when|where|which)(?:'s| is| are| was| were| did| does| do| has| [a-z]+)\b"
    r"|how (?:old|tall|long|far|big|deep|high|is|are)\b|how do (?:you|i)(?: \w+){1,3}[?.!]*$"
    r"|(?:is|are|was|were|does|do|did|can|has) (?!there )(?:\w+ ){1,5}\w+\?|(?:the )?(?:capital|name|date|colou?r|population|currency) of"
    r"|(?:define|name|list|give|recommend|suggest|say)(?: \w+){1,6}[.!?]*$"
    r"|(?:explain|describe)(?: [\w-]+){1,4}"
    r"(?: in (?:\d|one|two|three|a few|simple) (?:short )?(?:sentences?|words|lines|terms)| briefly| simply)?[.!?]*$"
    r"|(?:(?:write|compose|make|sing|send) )?(?:me )?an? (?:\w+ )?"
    r"(?:joke|poem|haiku|limerick|riddle|message|greeting|wish|toast|slogan|rhyme|fun fact)\b)"
)
# Whether something technical is so is to be found out; what it is can be looked up.
YES_OR_NO = re.compile(r"(?:is|are|was|were|does|do|did|can|has)\b")
FIGURES = re.compile(
    r"\bconvert \d|what(?:'s| is) [\d.]+\s?(?:%|percent|[-+*/x×]|times|plus|minus|divided)|what (?:day|time|year) is"
    r"|(?<!\d)\d++ (?:miles|pounds|kg|inches|feet|degrees) in"
)
OPEN = re.compile(
    r"[:;`=<>{}\[\]^]|\b(?:would|should|could|might|if|why|best|better|ways|happens|difference|affect|effect|wrong|true|false|valid"
    r"|right|fair|ethical|moral|odds|chances?|likely|because|without|given|converse|counterexample|trailing|remainder"
    r"|strategy|plan|work|works|check|fix|make sense|or|(?:when|who|what|which) (?:may|must))\b"
    r"|\b(?:do|does|did) .*\b(?:show|argue|claim|imply|contribute|mean by)\b"
)
SMALLTALK = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening|night)|how are you|how(?:'s| is) it going|what's up|bye|goodbye"
    r"|see you|thanks|thank you|thx|ok(?:ay)?|yes|no|cool|great|nice|welcome)\b|how are you\?$|just wanted to say"
    r"|have a (?:nice|great|good)"
)
LOOKUP_WORDS = 10
TOPIC_WORDS = 7  # up to here a technical word is what is asked about, not how hard the question is
NUMBER = re.compile(
    r"(?<![\w.])\$?\d[\d,.]*%?|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|half|twice|third|quarter|double)\b"
)
AMOUNT_ASKED = re.compile(
    r"\bhow (?:many|much|long|far|old|fast|tall)\b|what (?:is|was|were|are|percent|fraction|total)\b|in total|find "
)
PROBLEM_WORDS = 200
CLAUSE_END = re.compile(r"[.!?] ")
QUANTIFIED = re.compile(r"\b(?:each|every|all|both|none|no one|nobody|exactly|only|more than|less than|twice|one of)\b")
