"""Words that turn a question into another one when they take each other's place. Data only."""

from services.cache.domain.words import opposites

OPPOSITES = opposites(
    """
    good,best,better:bad,worst,worse,evil
    big,large,huge,bigger,larger,biggest,largest:small,tiny,little,smaller,smallest hot,warm:cold,cool
    high,higher,highest:low,lower,lowest long,longer,longest:short,shorter,shortest
    tall,tallest,taller:short,shortest,shorter fast,quick,faster,fastest:slow,slower,slowest
    old,older,oldest:new,young,newer,newest,younger,youngest early,earlier,earliest:late,later,latest
    easy,easier,easiest,simple:hard,difficult,harder,hardest,complex,complicated cheap,cheaper,cheapest:expensive
    rich:poor strong,stronger,strongest:weak,weaker,weakest light,lighter,lightest:heavy,dark,heavier,heaviest
    deep:shallow wide,wider,widest:narrow,narrower thick,thicker:thin,thinner full:empty
    open,opened,opening:close,closed,shut,closing love,like,likes,loves:hate,dislike,hates
    win,winning,won:lose,losing,lost gain,gaining:lose,losing,loss buy,buying,purchase:sell,selling
    lend,lent:borrow,borrowed give,giving:take,taking,receive send,sending:receive,receiving teach:learn push:pull
    import,imports,importing:export,exports,exporting upload,uploading:download,downloading
    install,installing:uninstall,remove,uninstalling add,adding:remove,removing,delete,subtract
    create,creating:delete,destroy,deleting enable,enabled,enabling:disable,disabled,disabling
    allow,allowed:forbid,forbidden,deny,denied,prevent,block,banned accept,accepted:reject,rejected,refuse,decline
    approve:reject,deny increase,increasing,raise,increased:decrease,reduce,lower,decreasing,decreased,reducing
    improve:worsen,degrade grow:shrink expand:shrink,contract rise,rising:fall,falling,drop up:down on:off in:out
    inside,indoor,indoors:outside,outdoor,outdoors above,over:below,under left:right top:bottom front:back
    north,northern:south,southern east,eastern:west,western start,begin,beginning:stop,end,finish
    first:last,second,third arrive,arrival:depart,leave,departure enter,entry:exit,leave,exit login:logout
    connect,connected:disconnect,disconnected attach:detach include,including:exclude,excluding remember:forget
    pass,passed:fail,failed succeed,success:fail,failure true:false yes:no positive:negative
    advantage,advantages,pros,benefits,benefit:disadvantage,disadvantages,cons,drawbacks,risks,drawback
    strength,strengths:weakness,weaknesses safe,safer:dangerous,unsafe,harmful,risky legal:illegal right:wrong
    correct:wrong,incorrect healthy:unhealthy,sick happy,happier:sad,unhappy,miserable alive:dead life:death
    birth,born:death,died
    male,man,men,boy,boys,husband,father,brother,son,king:female,woman,women,girl,girls,wife,mother,sister,daughter,queen
    parent,parents,mother,father:child,children,son,daughter husband:wife public:private internal:external
    domestic:foreign,international local:global,remote native:foreign employer,employers:employee,employees
    buyer:seller lender:borrower landlord:tenant teacher:student doctor:patient question:answer
    cause,causes:effect,effects,prevent,cure,symptoms symptoms:treatment,causes,treat attack:defend,defence,defense
    offense:defense ally:enemy friend:enemy war:peace day:night morning:evening,night,afternoon
    today:tomorrow,yesterday tomorrow:yesterday summer:winter spring:autumn,fall freezing:boiling,melting
    boiling:melting melting:evaporation ascending:descending asc:desc
    maximum,max,maximize,maximise:minimum,min,minimize,minimise encrypt,encryption:decrypt,decryption
    encode,encoding:decode,decoding compress:decompress serialize:deserialize synchronous,sync:asynchronous,async
    client:server frontend:backend input,inputs:output,outputs read,reading:write,writing push:pop odd:even
    prime:composite numerator:denominator add,addition:subtract,subtraction multiply:divide sum:difference,product,mean,average
    mean:median,average,variance,maximum,minimum
    rows,row:columns,column horizontal,horizontally:vertical,vertically sunrise:sunset latitude:longitude
    supply:demand profit,profits:loss,losses income:expense,expenses,spending asset,assets:liability,liabilities
    debit:credit optimistic:pessimistic patient:impatient active:passive introvert:extrovert
    acid,acidic:base,basic,alkaline proton:electron radius:diameter,circumference diameter:circumference
    area:perimeter,volume mass:weight,volume speed:acceleration mitosis:meiosis virus,viral:bacteria,bacterial
    arteries,artery:veins,vein hyper:hypo major:minor majority:minority senior:junior ancient:modern
    temporary:permanent single:married,double marry:divorce hire,hired,hiring:fire,fired,firing lock:unlock
    save,saving:spend,spending,waste credit:debit deposit:withdraw,withdrawal breakfast:lunch,dinner lunch:dinner
    freeze:thaw,melt encourage:discourage support,supports:oppose,opposes for:against pro:anti agree:disagree
    import:export inhale:exhale sink:float tighten:loosen wet:dry clean:dirty loud,louder:quiet,quieter many:few
    much,many:little,few more:less,fewer most:least,fewest
    inner:outer undo:redo synonym:antonym synonyms:antonyms key,keys:value,values always:never everything:nothing everyone:nobody
    with:without ahead:behind forward,forwards:back,backward,backwards uppercase:lowercase upper:lower luxury:budget
    append:prepend thick,thicken:thin widen:narrow lighten:darken strengthen:weaken social:solitary opaque:transparent
    boyfriend:girlfriend restart:reload,stop
    """
)
# What a prefix turns into its opposite or into another thing.
_PREFIXES = """
un in im ir il dis non anti de mis pre post re sub super under over hyper hypo inter intra micro macro pseudo semi ex co
multi
"""
PREFIXES = tuple(_PREFIXES.split())
