"""Words that tell what a prompt is about, or how its sentences are built. A word may tell of several things."""

_WORDS = {
    "who_what": "what which who whom whose when where",
    "why_how": "why how explain describe",
    "amounts": "each every all both only exactly more less fewer most twice half times total altogether many much",
    "conditions": "if then suppose assume assuming given let unless whether would could should",
    "causes": "because since therefore thus hence so due result results cause causes caused effect effects lead leads",
    "comparisons": "than greater larger smaller higher lower increase increases increased decrease decreases decreased same"
    " different difference between best better",
    "persons": "i you he she we they it his her their my your our him them",
    "prepositions": "of in to for with on at by from",
    "articles": "the a an",
    "auxiliaries": "is are was were be been has have had do does did",
    "logic": "statement statements true argument arguments valid follows implies conclusion premise premises logic logical"
    " proposition propositions fallacy reason reasoning",
    "law": "court law laws legal contract statute defendant plaintiff liability liable property crime murder constitution"
    " constitutional treaty right rights clause",
    "medicine": "patient patients disease symptom symptoms treatment drug drugs clinical blood cell cells gene genes genetic"
    " muscle brain dose infection therapy pain diagnosis",
    "science": "energy force mass velocity electron electrons atom atoms atomic acid temperature pressure charge field wave"
    " waves wavelength current voltage species planet star magnetic ion ions reaction molecule molecules molecular",
    "mathematics": "function equation matrix polynomial integer integers prime group ring vector probability derivative integral"
    " triangle angle circle square root sum product ratio graph set solve compute calculate find value",
    "economics": "price prices market markets demand supply cost costs money interest tax taxes income inflation firm firms trade"
    " bank investment profit budget gdp economy economic",
    "history": "war century king empire president government policy nation nations national american british political revolution"
    " church religion religious god ancient culture",
    "mind": "behavior behaviour learn learning memory child children emotion emotions emotional person moral morally ethic ethics"
    " ethical theory social study studies research",
    "code": "function python code string strings list array return def int class algorithm program programming variable loop"
    " byte bytes bit bits binary",
    "time": "hour hours minute minutes day days week weeks month months year years second seconds",
    "units": "mile miles km kg gram grams pound pounds feet inch inches meter meters cm gallon gallons liter liters degree degrees"
    " cent cents dollar dollars percent",
}
NAMES = tuple(_WORDS)
OF: dict[str, tuple[str, ...]] = {
    word: tuple(topic for topic, words in _WORDS.items() if word in words.split())
    for word in {word for words in _WORDS.values() for word in words.split()}
}
