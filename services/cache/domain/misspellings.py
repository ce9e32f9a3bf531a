"""Spellings that are no word of English, each with the one word that it is taken for. Data only."""

_WRITTEN = """
absense:absence accomodate:accommodate accomodation:accommodation accross:across acheive:achieve acquaintence:acquaintance
adress:address advertisment:advertisement agressive:aggressive amature:amateur apparant:apparent arguement:argument
athelete:athlete basicly:basically begining:beginning beleive:believe benifit:benefit benifits:benefits bussiness:business
buisness:business catagory:category cemetary:cemetery changable:changeable collegue:colleague
comming:coming commitee:committee comparision:comparison competant:competent concious:conscious congradulations:congratulations
consistant:consistent convinient:convenient critisism:criticism definately:definitely definitly:definitely definatly:definitely
desparate:desperate develope:develop developement:development diarrea:diarrhea dilema:dilemma disapear:disappear
disapoint:disappoint embarass:embarrass enviroment:environment equiptment:equipment excercise:exercise excersise:exercise
exellent:excellent existance:existence experiance:experience expierence:experience explaination:explanation familar:familiar
finaly:finally foriegn:foreign freind:friend freinds:friends fourty:forty garantee:guarantee gaurantee:guarantee
goverment:government governer:governor grammer:grammar gratefull:grateful harrass:harass harrassment:harassment
heighth:height hygeine:hygiene hypocracy:hypocrisy imediately:immediately immediatly:immediately
independance:independence independant:independent inteligence:intelligence intelligance:intelligence
intrest:interest intresting:interesting jewelery:jewelry knowlege:knowledge knowlegde:knowledge labratory:laboratory
langauge:language lenght:length liason:liaison libary:library lisence:license maintainance:maintenance maintenence:maintenance
managment:management millenium:millennium mispell:misspell morgage:mortgage necesary:necessary neccessary:necessary
neccesary:necessary noticable:noticeable occassion:occasion occured:occurred occuring:occurring occurence:occurrence
oppurtunity:opportunity oportunity:opportunity paralel:parallel parliment:parliament persue:pursue posession:possession
possesion:possession potatos:potatoes practicle:practical preferrable:preferable pregnent:pregnant privelege:privilege
priviledge:privilege probaly:probably profesional:professional proffesional:professional pronounciation:pronunciation
publically:publicly questionaire:questionnaire recomend:recommend reccomend:recommend recommand:recommend
refered:referred relevent:relevant religous:religious repitition:repetition resistence:resistance resturant:restaurant
restaraunt:restaurant rythm:rhythm seperate:separate seperately:separately similiar:similar sincerly:sincerely
speach:speech strenght:strength succesful:successful sucessful:successful successfull:successful succesfully:successfully
supercede:supersede suprise:surprise surprize:surprise tendancy:tendency tommorow:tomorrow
tommorrow:tomorrow tounge:tongue truely:truly twelth:twelfth unfortunatly:unfortunately untill:until usefull:useful
useing:using vaccum:vacuum vegtable:vegetable vehical:vehicle visious:vicious wierd:weird wellfare:welfare writting:writing
writen:written differnce:difference diffrence:difference diffrent:different differnt:different developper:developer
importent:important importnat:important beautifull:beautiful carefull:careful powerfull:powerful helpfull:helpful
harmfull:harmful stomache:stomach recepie:recipe reciept:receipt prefered:preferred controll:control
fullfill:fulfill medecine:medicine docter:doctor univeristy:university
enginering:engineering engeneering:engineering programing:programming mathmatics:mathematics
pyschology:psychology phsychology:psychology psycology:psychology electrisity:electricity
becuase:because becouse:because becasue:because
"""
MISSPELLINGS = dict(pair.split(":") for pair in _WRITTEN.split())
