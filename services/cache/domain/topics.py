"""Closed lists of what an answer is measured, dated, written or made in. Data only."""

from services.cache.domain.words import groups, word_set

MONTHS = groups("""
january jan
february feb
march
april apr
may
june jun
july jul
august aug
september sep sept
october oct
november nov
december dec
""")
WEEKDAYS = groups("""
monday mon
tuesday tue
wednesday wed
thursday thu
friday fri
saturday sat
sunday sun
weekday
weekend
""")
UNITS = groups("""
m meter meters metre metres
km kilometer kilometers kilometre kilometres
cm centimeter centimeters centimetre centimetres
mm millimeter millimeters
mile miles mi
foot feet ft
inch inches
yard yards yd
kg kilogram kilograms kilo kilos
g gram grams
mg milligram milligrams
lb lbs pound pounds
oz ounce ounces
stone stones
ton tons tonne tonnes
l liter liters litre litres
ml milliliter milliliters
gallon gallons
pint pints
cup cups
tablespoon tablespoons tbsp
teaspoon teaspoons tsp
celsius centigrade
fahrenheit
kelvin
ms millisecond milliseconds
second seconds sec secs
minute minutes min mins
hour hours hr hrs
day days daily
week weeks weekly
month months monthly
year years yearly annual annually
decade decades
century centuries
kb kilobyte kilobytes
mb megabyte megabytes
gb gigabyte gigabytes
tb terabyte terabytes
watt watts
volt volts
amp amps ampere amperes
joule joules
calorie calories kcal
mph
kmh kph
hz hertz
dollar dollars usd
euro euros eur
gbp sterling
yen jpy
rupee rupees inr
yuan cny rmb
percent
percentile
dozen
knot knots
psi
kpa kilopascal kilopascals
pascal pascals
acre acres
hectare hectares
carat carats
bit bits
byte bytes
fps
dpi
pesos peso
franc francs chf
bc bce
ad ce
a.m.
pm
""")
LANGUAGES = word_set(
    """english french german spanish italian portuguese dutch russian chinese mandarin cantonese japanese korean arabic
    hindi urdu bengali turkish polish czech swedish norwegian danish finnish greek hebrew latin ukrainian vietnamese
    thai indonesian swahili persian farsi romanian hungarian bulgarian catalan tamil telugu
    python java javascript typescript rust golang ruby php perl swift kotlin scala haskell erlang elixir clojure
    julia matlab fortran cobol lua dart bash powershell sql postgres postgresql mysql sqlite mongodb redis oracle
    react vue angular svelte django flask fastapi rails laravel node nodejs deno numpy pandas pytorch
    tensorflow linux windows macos ubuntu debian fedora android ios aws azure gcp docker kubernetes git svn mercurial
    chrome firefox safari excel"""
)
FORMATS = groups("""
json
xml
yaml yml
csv
tsv
html
css
markdown
latex
table tables tabular
bullet bullets bulleted
numbered
paragraph paragraphs
sentence sentences
word words
line lines
essay
poem poems
haiku
limerick
song lyrics
story
letter
email
tweet
short brief briefly concise concisely short-form
long lengthy detailed detail thorough thoroughly depth
formal
informal casual
beginner beginners
expert experts advanced
rhyme rhyming
pseudocode
regex
diagram chart graph
""")
TASKS = groups("""
summarize summarise summary
translate translation
rewrite rephrase paraphrase reword
proofread
compare contrast
write
shorten
expand
classify
extract
count
sort
reverse
fix debug
refactor
optimize optimise
test
review
criticize criticise critique
convert
calculate compute
estimate
predict
prove
encode
decode
""")
# Not "one", which mostly counts nothing.
_NUMBERS = """
zero:0 two:2 three:3 four:4 five:5 six:6 seven:7 eight:8 nine:9 ten:10 eleven:11 twelve:12 thirteen:13 fourteen:14
fifteen:15 sixteen:16 seventeen:17 eighteen:18 nineteen:19 twenty:20 thirty:30 forty:40 fifty:50 sixty:60 seventy:70
eighty:80 ninety:90 hundred:100 thousand:1000 million:1000000 billion:1000000000 trillion:1000000000000
fourth:4th fifth:5th sixth:6th seventh:7th eighth:8th ninth:9th tenth:10th eleventh:11th twelfth:12th twentieth:20th
twenties:20s thirties:30s forties:40s fifties:50s sixties:60s seventies:70s eighties:80s nineties:90s
"""
NUMBER_WORDS = dict(pair.split(":") for pair in _NUMBERS.split())

# A question about the moment it is asked in has another answer next time.
TIMELY = word_set(
    """today tonight tomorrow yesterday now latest current weather forecast nowadays recent recently upcoming
    news price prices"""
)
# What points at the asker's own things or at what the asker has before the eyes.
OWN = word_set("my our ours this these here attached following aforementioned")
# "Tell me" and "explain to me" ask for a favour, and say nothing of the asker.
FAVOURS = word_set(
    """tell give show write teach explain help find make suggest recommend remind describe draft create send read sing
    get bring offer let"""
)
