"""Words of everyday English, one for each stem. Data only.

Where a text holds little grammar, they are what tells that it is English; and a misspelt word is one of them.
"""

from services.cache.domain.stem import stem
from services.cache.domain.words import word_set

WORDS = word_set(
    """
    abandoned ability abortion abroad absence absolute abstract abuse academic accent accept acceptable access accessible
    accidentally accommodate accommodation accomplished accordance according account accountant accuracy accurate accused
    achieve achievement acid acoustic acquaint acquire acquisition acres acronym action active actively activity actor
    actress acts actual adapt adaptation added addiction addition additional address adds adjust administration
    administrator admire admission admit adopt adult advance advantage adventure advertising advice advisable adviser
    advisor aerospace affair affect affiliate afford afraid after afternoon afterwards again age agency agent aggregate
    aggressive ago agree agreed agreement agricultural agriculture ahead aids aims air aircraft airline airport airy album
    alcohol alert algebra algorithms alien alive all allergic allergy alley allies allocated allow almond almost alone
    alongside aloud alpha alphabet already alter alternate alternative although always amazing amongst amount analysis
    analyst ancestor anchor ancient anemia angel anger angle angry animal animated ankle announcement annual annually
    anonymous another answer anti anticipated anxiety anymore anywhere apart apartment apology app apparent appeal appear
    appearance applicable application apply appointed appointment appreciate approach appropriate approved approximately
    apron arch architect architecture archive area aren argue argument arm armenian armor arms army arrange array arrest
    arrive arrow art article artificial artist artwork ask asleep aspect assault assembly assessment assets assigned
    assist assistance assistant associate assume asteroid asthma astronaut atmosphere atomic atoms attached attack attempt
    attend attention attitude attorney attract attraction attractive attributes audience audio auditor august aunt
    australia austria author auto automatic automatically automobile autonomous autumn available avalanche avenue average
    aviation avoid awake award aware away awesome awful axis baby bachelor back background backup backward bacteria bad
    badly bag bake baker bakery balance bald ball ballet band bank banker banned bar barber bark barrel base basic basis
    basket basketball bathroom bats battery battle beach beam bear beard beat beautiful became because become bed bedroom
    beer bees before beforehand begin behalf behavior behind beings belief believe bell belly belong belt bend benefit
    bent berry besides best bet beta betrayed better beverage bicycle big bigger biggest bike bill billion binary binding
    biography biological biologist biology bird birth birthday bishop bit bitter black blade blame blank blanket blast
    bleach bleeding blind block blog blond blood blow blue board boat body boil bold bomb bond bone bonus book bookstore
    boost border bore born borrowed boss both bother bottle bottom bounce boundaries bout bowl box boy boyfriend bracelet
    brain brake branch brand brave bread break breakfast breast breath breed brick bride bridge brief briefly bright
    brilliant bring broad broadcast broadway broker broom brother brown browser brush bubble bucket budget build builder
    bulk bull bullet burn bus bush business busy butcher butter button buy cabinet cable cafe cake calculated calculus
    calendar call calm calorie came camera camp campaign campus canada cancelled cancer candidate candle candy canoe
    canvas cap capability capable capacity capital captain capture car carbon card career cargo carpenter carpet carrier
    carrot carry cartoon case cash cashier cast castle cat catch category cause cease celebrate celebrity cell cemetery
    census center central centres century ceremony certain certificate certification certified chain chair chairman chalk
    challenges chamber chance chancellor change channel chaos chapter character characteristics charge charger charity
    chart chase chat cheap check cheese chef chemical chemist chemistry chess chest chicken child childhood chinese chip
    chocolate choice choose chop church cinema circle circuit circular circumstances citation citizen city civic civil
    civilization claim class classic classical classification clay clean clear clerk click client climate climb clinical
    clock close closer closest clothes cloud club clue cluster clutch coach coal coast coat code coffee coin cold colder
    collapse colleagues collect collection collective college colony color column comb combat combination combine come
    comedy comet comfortable command comment commerce commercial commission commit committee common commonly communicate
    communication community commute company comparative compare comparison compass compatible competition competitive
    competitors compilation complete completely complex complexity components composed composer composition compound
    comprehensive compression comprises computer computing concentrate concentration concept concerned concert concluded
    concrete condition conduct conductor conference confidence confident configuration confirm conflict confused connect
    connection conquered consciousness consecutive consent consequences consider consist consistent consistently
    conspiracy constant constantly constitution construct construction consultant consulting consumed contact contain
    container contemporary content contest context continental continue continuous contract contrast contributions control
    controlled convention conventional conversation conversion convert convicted convince cook cool cope copper copy
    copyright corner corporate corporation correct correctly corresponding corruption cost costa costly costumes couch
    cough count country couple course court cousin cover cow crack craft crash crawl crazy cream create creation creative
    creatures credit crew cricket crime criminal crisis criteria critical crop cross crow crowd crown cruise crush cry
    crystal cuisine cultural culture cup curb cure curious currency current curriculum curtain curve custom customer
    customs cut cycle cylinder dad daddy daily damage dance dancer dangerous dare dark data database date daughter dawn
    day dead deadly deaf deal death debate debris debt decade decide decimal decision deck declaration declare decline
    decorate decrease dedicated deep deeper deeply deer default defeated defence defense define definition degree delayed
    delete deliver delivery delta demand democracy democrat democratic denied dense denser density dental dentist
    department dependent depending depicted deployment deposit depression depth derived descendants describe description
    desert deserve design designated designation designer desire desperate despite destination destroy destruction detail
    detect detective determine develop developer development device devil devoted diabetes diagnosis dialogue diamonds
    diary dictionary didn die died diesel diet differ difference different differently difficult difficulty dig digital
    dimensional dimensions dinner diplomatic direct direction directly director dirty disabled disappear disappointed
    disaster discipline discontinued discover discovery discuss discussion disease dishes disk disorder display distance
    distant distinct distinction distinctive distinguish distributed distribution dive diversity divide divine division
    divorce dizzy dock doctor document documentary documentation dog doing dollar dolphins domain domestic donations done
    donkey door dose double doubt download downstairs dozen draft drag dragon drain dramatic draw dream dress drink drive
    driver drop drought drug drugstore drums drunk dry dual duck duke dumb during dust duty dwarf dynamic dynasty each
    eager eagle ear earlier earliest early earn earphone earth earthquake ease easier easily east eastern easy eat
    economic economist economy edge edit edition editor educated education educational educator effect effective
    effectively efficiency efficient effort egg eighth either elbow elder elected election electoral electric electrical
    electrician electricity electron electronic element elephant elevator eligibility eligible eliminate else elsewhere
    email embassy emerged emotion emotional emotionally emperor empire employ employee employer empty enable encompasses
    encounter encourage end enemy energy enforce enforcement engage engine engineer enhance enjoy enough enroll ensure
    enter enterprise entire entirely entity entrance entrepreneur entropy entry environment environmental enzyme epic
    episode equal equally equation equipment equivalent error especially essay essence essential establish estate
    estimated ethanol ethical evaluation evening event eventually every everybody everyday everyone everything everywhere
    evidence evil evolution evolutionary evolved exact exactly exam examination examine example exceed excellent except
    exception exceptional exchange excited excluding exclusively executed execution executive exercise exhibition exist
    existence exit expand expansion expect expensive experience experiment experimental expert expired explain explanation
    explicitly exploration explore explorer explosion exponent export exposure expression extend extension extent external
    extinct extra extremely eye face facilitate facility fact factor factory faculty fade fail failure fair faith fake
    fall fallen false familiar family famous fan fantasy far farewell farm farmer fashion fast fasten faster fastest fat
    father fault favorite favour fear feature fee feed feel feet fell female fence ferry fever few fewer fiber fiction
    fictional field fifteen fifth fight fighter figure file fill film filter final finally finance financial financially
    find fine finger finish fire firefighter firewall firm first fish fist fitness five fix flag flame flash flat flesh
    flight flood floor flow flower flu fluid flush flute fly focus fog fold folder folk follow followers food football
    forbidden force forehead foreign forest forever forget fork form formal formally format former formerly formula fort
    forum forward fought foundation founded four fourth fox fraction fragile frame framework france franchise fraud free
    freedom freeze freight frequency frequently fresh freshman friend friendly friendship frog front frontier frozen fruit
    frustrated fry fucking fuel full fully function functional fund fundamental funeral fungus funny furniture further
    future gadget gain galaxy gallery game garage garden gardener garlic gas gate gather gauge gave gear gender general
    generally generate generation generator generic genetic genre geometry get ghost giant gift giraffe girl girlfriend
    glad glass glasses global glove glue goal goat god goes going gold gone gonna good goods goose gotra government
    governor grabbed grade gradually graduate graduation grammar grandfather grandmother grants grape graph graphic grass
    gravity great greater greatest green grey grid grocery groom gross ground group grow growth guaranteed guess guest
    guidance guide guidelines guilt guilty guinea guitar guitarist gun guys gym habit hail hair half halfway hammer
    hamster hand handle handsome hang hans happen happiness happy harbor hard harder hardware harm hat haven hay head
    headache headphone heal health healthy hear heard heart heat heaven heavier heavy height held helicopter hell hello
    helmet help hen hence heritage hero hide high higher highest highly highway hill hip hire historian historic
    historical history hit holder hole holiday hollywood home homeless honest honey honour hop horizontal hormone horrible
    horror horse hospital host hot hotel hour house household houston however hug human humanity hundred hung hungry hunt
    hunter hurricane hurry hurt husband hydrogen ice idea ideal identical identify identity if ignore illegal illness
    image imagine immediate immediately immigrants immigration immortal impact implement implementation implications
    import importance important impossible impressive imprisoned improve improvement inch incident include income
    incomplete incorporate increase incredible independence independent independently index indicate indie indigenous
    individual indoor industry infant infection infinite influence influential inform information infrastructure
    ingredients initial initiated initiative injection injury ink inner innocent innovation innovative input insane insect
    inserted insight inspection inspector inspiration inspired install installation instance instant instantly instead
    instinct institute institution instruction instrumental insurance integer integral integrated integration intellectual
    intelligence intelligent intended intent intention inter interact interaction interactive interchange interest
    interface interior intern internal international internationally internet interpretation interpreter intervention
    interview introduce introduction invasion invented inventor investigation investigator investment investor invisible
    invited involved inwards iron island issue itch item jacket jam jar jaw jazz jealous jelly jersey jewish job johnny
    join joint joke jordan journal journalism journalist judge juice jump jungle junior jurisdiction justice keen keep
    kettle key keyboard kick kid kill kilometers kilometres kind king kiss kitchen kite kitten knee knew knife knight knit
    knock knowledge label labor lack ladder lady lake lamb lamp land landscape lane language laptop large larger largest
    last late lately later latest launch law lawn lawyer layer layout lazy lead leader leadership leaf league learn least
    leather lecture left leg legacy legal legally legendary legislation legitimate lemon lend length lentil less lesser
    lesson let letter level liberal librarian library license lid lie life lifestyle lifetime lift light lighter lightning
    liked likely limb limit limitations line link lion lip liquid list listen literature little live liver lizard load
    loan local locally locate location lock locker locomotive log logarithm logic logical login logistics logo logout
    lonely long longer longest look loop loose lord lorry lose loss lot loud louder love lover low lower luck lucky luna
    lunch lung lyrics machine mad made magazine magic magical magnetic magnitude mail main mainland maintain maintenance
    major maker makeup malaysia male man manage management manager mandatory manner mansion manual manufactured
    manufacturer manuscript map marathon mark marker market marriage marry mars martial mask mass master mat match
    material math mathematical mathematician mathematics matrix matter max maximum maybe mayor meadow meal mean meant
    meanwhile measure meat mechanic mechanical medals media median medical medicine medieval meditation medium meet melt
    member membership memory mend mental mentally mention merchant mercy merely merge message messenger metal meteor meter
    method metre metric metro micro middle midnight migraine mild mile military milk million mind minimum mining minister
    ministry minority minute mirror miss missile mission missionary mistake mitochondria mix mobile mode model modem
    moderate modern modified module molecular molecules mom moment money monitor monk monkey month monthly monument moon
    moral more morning most mostly mother motion motor motorcycle motorway mount mouse mouth move movement movie movies
    mow mud mug multi multiple mumbai municipal murder muscle museum music musical musician mutual mysterious mystery myth
    nail name namely nanny nap narcissist narrative narrow nation national native natural naturally nature nausea nearly
    necessary neck needle needs negative nephew nest net network neuron nevertheless new newly news newspaper next nice
    nickname niece nigeria night nine ninth noble noise noodle noon normal normally north northeastern nose notable note
    notice novel now nowadays nuclear number numerous nun nurse oak oar object objective observed obtain occupied occur
    ocean october odd offer office officer official offline often oil old older oldest once ones onion online only opaque
    open opera operate operation operational operator opinion opponent opportunity opposed opposite optical option
    optional oral orange orbit orchard order organ organic organisation organization organize organizer oriented origin
    original originally orthodox others otherwise otter ottoman outer output outwards oven overall overcome overhead
    overnight overseas overtime owl own owner ox oxygen pace pack package paddle page pain painful paint painter pair
    palace pale palm pan panel paper parallel parameters parent paris park parrot part partial participate particles
    particular particularly partition partly partner party pass passenger passion passive passport password paste patch
    patent path patient pattern pause paw pay payment pea peace peach peak pear pedal peel pen penalty pencil people
    peoples pepper per percent percentage perception perfect perform performance perhaps period permanent permanently
    permission permit personal personality personally personnel peru pet petroleum pharmacist pharmacy phase philosopher
    philosophy phone phonograph photo photograph photographer photography photosynthesis phrase physical physically
    physician physicist physics piano pick picture pie pier pig pigeon pile pillow pilot pin pipeline pitch pizza place
    placement plain plan planet plant plastic plate platform play player playoffs pleasure plot plough plumber plural plus
    pocket poem poet poetry point poison poker pole police policeman policy polish polite political politician politics
    pollinate pollution polynomial pond pony pool poor pop popular population porridge port portion position positive
    possess possession possibility possibly post pot potato potential potentially pound pour poverty powder power powerful
    practical practically practice praise pray prayer prefer preference pregnancy pregnant premier premium preparation
    prepare prescription presence present presentation preserved presidency president presidential press pressure pretend
    pretty prevent previous previously price pride priest primarily primary prime prince princess principal principle
    print printer prior prison privacy private prize probability problem procedure proceed process processor produce
    producer product production productive professional professor profile profit program programme progress progressive
    project prominent promise promote promotion pronounced proof propaganda proper properly property proportion proposed
    prospect protect protection protein protest protocol prototype proud prove proven provide provider provinces
    provisions psychological psychologist psychology public publication publish publishers puddle pull pulse pump punch
    punishment puppy purchase purple purpose purse pursue push put qualify quality quantity quantum quarter queen question
    queue quick quickly quiet quieter quilt quit rabbit race radar radiation radio radius raft rag rail railway rain raise
    ran random range rank rapid rapidly rarely rat rather ratio raw razor reach react reaction read reader ready real
    reality realize reason recall receive receiver recent recently recipe recognition recognize recommended reconstruction
    record recover recovery recruit rectangular red redo reduce refer reference reflect reformation refuse regard regime
    region register registration regret regular regularly rehearse rejected related relation relationship relative
    relatively release relevant reliable religion religious remain remainder remains remember remote removal remove
    renamed rendered rent repair repeat replace replacement reply report reporter represent representation representative
    reptile republic reputation request require requirement rescue research reservation residence resident resign
    resignation resistance resistant resolution resolve resort resource respect respective respectively respond response
    responsibility responsible rest restaurant restore restricted restrictions result resume retail retained retired
    retirement retrieve return revealed revenue reverse review revised revision revolution rhythm rib ribbon rice rich rid
    ridiculous rifle right ring rinse rising risk ritual rival river road roast rob robot rock rocket role roll roller
    roman romance romantic roof room root rope rose rotation rough roughly round route router routine rows royal rub
    rubber rude rug rule run runner rural rust sacred sad saddle safe safety sail sailor salad salary sale salmon salt
    same sample sand sang satellite satisfied sauce save savings saw says scale scan scanner scarf scars scene schedule
    scheme scholars scholarship school science scientific scientist scissors scooter scope score scratch scream screen
    screw scroll sculptor sea search season seat second secondary secret secretary secretly section sector secular secure
    security seed seeing seek seem segment seldom select selection self sell senator send senior sense sensitive sensor
    sentence separate separately sequel sequence serendipity series serious serve server service session set settle
    several severe sew sex shades shake shallow shape share shave sheep sheets shelf shell shelter shield shift shine ship
    shirt shit shock shoes shop short shorter shot shots shoulder shout shovel show shower shown shuttle shy sibling sick
    side sideways sight sign signal signature significance significant significantly silent silly silver similar
    similarities simple simultaneously since singapore singer single sink sister sit situated situation six sixth size
    skeleton ski skill skin skip skirt skull sky slave sleep sleeve slice slide slip slow slowly small smaller smart
    smarter smartphone smell smile smoke smooth snail snake snap sneeze sniff snow soak soap soccer social socialist
    society sociology sock sodium sofa soft software soil solar soldier sole solely solid solo solution solve sometimes
    somewhere son song soon sorry sort soul sound soundtrack soup sour source south space spade span spare speak speaker
    special species specific specifically specified speech speed spell spend sphere spice spider spill spin spirit spirits
    spiritual spit split sponsored spoon sport spot spray spread spring square squeeze squirrel stability stable stack
    stadium staff stage stain stair stamp stand standard staple star start state statement static station statistical
    statistics statue status stay steady steal steam steel stefan stem step stew stick still sting stir stitch stock
    stomach stone stool stop storage store storm story stove straight strange stranger strategic strategy straw strawberry
    streak stream street strength strengthen stress stretch strike string strip stroke stroll strong stronger strongest
    strongly structural structure struggle stuck student study stuff stupid style subject submarine submit subsequent
    substitute subway success successful successfully successor sudden suddenly sufficient sugar suggest suicide suit
    suitable summary summer summit sun sunlight supermarket supernatural supply support supporters suppose sure surf
    surface surgeon surgery surgical surname surprise surrender surrounding survey survival survive suspected suspension
    swallow swear sweat sweater sweep sweet swift swim swing switch sword symbol symptom synonym synthetic syria system
    table tablet tackle tail tailor take talent talk tall taller tallest tamil tank tap target task taste tattoo tax tea
    teach teacher team tear tech technical technique technological technology teen teenage teenager teeth telephone
    telescope television tell temperature temple temporarily temporary ten tend tense tension tent term terminal terrible
    territory terror terrorism terrorist test text thailand than thank theater theatre theft theme theological theoretical
    theory therapy thereby thermal thick thicker thief thigh thin thing think thinner third thirsty thirteen though
    thoughts thousand thread threat three threshold thriller throat throne throw thumb thunder thus ticket tickle tide tie
    tied tiger tight tile till time tin tiny tip tire tissue title toad toast today toddler toe together tokyo tolerance
    tomatoes tone tongue tonight too tool top topic torch tornado torture total touch tour tourism tourist towel tower
    town toxic toy trace track tractor trade traditional traffic trailer train trainer traits tram transaction transfer
    transform transformation transition translation translator transmission transport transportation trap trash travel
    travelled tray treat treatment treaty tree triangle tribal tribe trick trip triple trouble trousers truck true trumpet
    trust truth try tsunami tub tune tunnel turn turtle twelve twice twin two type typical typically tyre ugly ultimate
    umbrella unable uncle undergraduate underground understand underwater undo unexpected uniform uninstall union unique
    unit universe university unknown unless unlike unlikely unsuccessful untie until unusual upcoming update upgrade
    upload upper upset upside upstairs urban usage use used useful user username using usual usually utilized vacation
    vacuum valid valuable value van variable variety various vary vase vector vegetable vehicle veil velocity venture
    venue verb verse version vertical vessel vest victims victory video view villain vinegar violation violence violin
    virtual virus visa visible vision visit visitor visual vitamin vocal voice volcano voltage volume vote voters vow
    vulnerable wage wagon waist wait waiter wake walk wall walnut want war warm warmer warning warrior wash wasp waste
    watch water wave wax way weak weaker wealth wealthy weapon wear weather web webpage website wed weed week weekend
    weekly weep weight weird welcome well west western wet whatever wheat wheel whenever whereas while whilst whisper
    whistle white whole wide widely wider widow wife wifi wild wildlife willing win wind window windshield wings winners
    winter wipe wireless wisdom wise wish withdraw without wolf woman wonderful wondering wood wool word work worker world
    worldwide worry worse worship worst worth worthy wound wrap wrinkle wrist write writer wrong yacht yard yarn yawn year
    yell yellow yes yesterday yet yield yoga young younger youth youtube zebra zero zip zone zoo
    """
)
COMMON = frozenset(map(stem, WORDS))
