"""How pages of a made-up encyclopedia say things: for each sort its opening, its facts, and what else is said."""

TRADES = "engineer architect chemist painter clockmaker botanist lawyer printer surveyor composer".split()

# The first entry of a sort is its opening; each further one is a fact in several wordings.
FACTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "person": (
        (
            "{name} was a {trade} and public figure.",
            "{name} is remembered as a {trade}.",
            "{name}, {trade} by training, was a member of two academies.",
        ),
        (
            "Born in {born_in} in {born}, the child of a postmaster.",
            "The {trade} came from {born_in}, where the family had kept an inn; the year of birth is {born}.",
            "A native of {born_in} ({born}), {name} left school at the age of fourteen.",
        ),
        (
            "The first lessons were given by {teacher}.",
            "{teacher} took the young {trade} in as a pupil for {n} months.",
            "As a student of {teacher}, {name} learned to draw plans.",
        ),
    ),
    "firm": (
        (
            "{name} was a company known for careful work.",
            "{name} is a manufacturer with a long history.",
            "{name} belonged to the largest employers of its time.",
        ),
        (
            "It was founded in {year} by {founder}.",
            "The company goes back to a workshop that {founder} opened in {year}.",
            "{founder} set it up in {year} with a loan of {n} thousand crowns.",
        ),
        (
            "Its head office is in {seat}.",
            "The firm has been based in {seat} since its third year.",
            "From offices in {seat} it sold to {n} countries.",
        ),
    ),
    "work": (
        (
            "{name} is a listed structure.",
            "{name} is among the best known sights of its region.",
            "{name} was damaged by fire once and restored.",
        ),
        (
            "It was built by {builder} and opened in {year}.",
            "Construction was in the hands of {builder}; the opening took place in {year}.",
            "{builder} won the contract and handed it over in {year}.",
        ),
        (
            "The design is by {designer}.",
            "{designer} drew the plans in {n} weeks.",
            "Its architect was {designer}, who had won the competition.",
        ),
        (
            "It stands in {place}.",
            "Visitors find it in the centre of {place}.",
            "The site, at the edge of {place}, was a meadow before.",
        ),
    ),
    "town": (
        (
            "{name} is a market town.",
            "{name} is a town with a little industry.",
            "{name} received its charter in {year}.",
        ),
        (
            "It lies on {river}.",
            "{river} runs through it from west to east.",
            "Its old quarter grew on both banks of {river}.",
        ),
        (
            "It is part of the county of {county}.",
            "The town belongs to {county}.",
            "Administratively it is in {county}.",
        ),
    ),
    "river": (
        (
            "{name} is a stream of medium length.",
            "{name} has its source in the hills of the interior.",
            "{name} is navigable for small boats.",
        ),
        (
            "It flows into {into}.",
            "After {n} miles it ends in {into}.",
            "Its mouth is at {into}.",
        ),
    ),
    "book": (
        (
            "{name} is a novel in three parts.",
            "{name} is a book of memoirs.",
            "{name} was the surprise of its season.",
        ),
        (
            "It was written by {writer}.",
            "Its author is {writer}.",
            "{writer} wrote it within {n} weeks.",
        ),
        (
            "{press} published it in {year}.",
            "The first edition came out with {press} in {year}.",
            "It appeared in {year} under the imprint of {press}.",
        ),
        (
            "The story is set in {about}.",
            "Much of the plot takes place in {about}.",
            "{about} is easily recognised in its streets.",
        ),
    ),
    "feast": (
        (
            "{name} is held each year.",
            "{name} draws visitors from far away.",
            "{name} lasts four days.",
        ),
        (
            "Its venue is {place}.",
            "It takes place in {place}.",
            "The town of {place} has been its host from the beginning.",
        ),
        (
            "It was started by {patron} in {year}.",
            "{patron} called it into life in {year}.",
            "The idea for it came from {patron}, and the first one was in {year}.",
        ),
    ),
}

BESIDES: dict[str, tuple[str, ...]] = {
    "person": (
        "Contemporaries describe a quiet person with an exact memory who disliked speeches and wrote letters every morning.",
        "A street in the capital bears the name, as does a small museum that keeps some {n} of the notebooks.",
        "Travels to the south filled several years and left a collection of drawings that was later sold.",
        "A dispute with the makers of {other} ended before the court and cost both sides more than it was worth.",
        "The last years were spent in a house by the sea, with a garden that friends remembered for its pears.",
        "Two honorary degrees followed, and a medal that was lost during a removal.",
    ),
    "firm": (
        "In its best years it employed {n} hundred people and kept its own fire brigade and a brass band.",
        "A strike in the spring led to shorter hours, which other companies of the region soon copied.",
        "The archive, which holds drawings of {other} among others, was given to the state after the merger.",
        "Its trade mark, a heron on one leg, is still seen on manhole covers and on the gables of old sheds.",
        "The managers tried their luck with motor cars, but after {n} of them they went back to the old business.",
        "A fire destroyed the store of patterns, and it took years to make them again from memory.",
    ),
    "work": (
        "The stone came by barge and was cut on the spot by masons who lived in tents for two summers.",
        "Guides like to compare it with {other}, though the two have little in common but their colour.",
        "During the flood it served as a shelter for {n} families and their cattle.",
        "Its clock is said to be four minutes slow, which nobody has ever wanted to change.",
        "Concerts are given there in August; the sound is praised, the seats are not.",
        "A model of it at the scale of one to {n} can be seen at the school of design.",
    ),
    "town": (
        "Its market on Thursdays sells cheese, rope and earthenware, and is known for its noise.",
        "The grammar school counts several ministers and a chess master among its pupils.",
        "A railway was planned in order to join it with {other}, but the money ran out after {n} miles.",
        "Tourists come for the old salt houses and for the walk along the walls, which takes an hour.",
        "The local dialect has kept some {n} words that are found nowhere else.",
        "In winter the square is flooded and used as a rink by young and old.",
    ),
    "river": (
        "Its upper course is known to anglers for trout, its lower one for mists in autumn.",
        "A canal that should have joined it with {other} was begun twice and given up twice.",
        "In dry summers it can be crossed on foot at {n} places, which used to be a matter for smugglers.",
        "Painters of the last century liked its poplars, and hardly a museum is without them.",
        "Mills stood along it every few hundred yards; three of them are left and can be visited.",
        "The flood of the spring after the hard winter carried away {n} houses and a chapel.",
    ),
    "book": (
        "Critics praised the dialogue and found the middle part too long by a third.",
        "It has been translated into {n} languages, among them two that are no longer spoken.",
        "A film of it was begun near {other}, but the actors left before the rain did.",
        "Its last sentence is quoted so often that many take it for a proverb.",
        "The manuscript was sold at an auction to a dentist, who keeps it in his safe.",
        "School editions leave out the chapter about the ferry, which readers tend to like most.",
    ),
    "feast": (
        "In the first year {n} people came, most of them by boat and some of them by mistake.",
        "The prize is a wheel of cheese that has to be carried home without a cart.",
        "A quarrel with the organisers of {other} was settled over dinner and led to a common calendar.",
        "Bands play from noon on, and the council pays for the lamps but not for the wind.",
        "Children lead the procession, in costumes that are handed down from year to year.",
        "It was cancelled twice, once because of measles and once because nobody had booked the field.",
    ),
}
