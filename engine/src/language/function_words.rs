//! The commonest words of languages: articles, pronouns, prepositions, question words.
//!
//! A handful of such words says more about a short query than the letters of all the others do,
//! and they are the only thing known here about languages that have no letter model, whose lists
//! are longer. Of those that Tatoeba has, the end of the list is words at least four times as common in
//! its sentences as in those of other languages, names taken out by hand. Languages alone in their script need no list.

/// Languages and their commonest words, in lower case; a word may belong to several languages.
pub(super) const FUNCTION_WORDS: &[(&str, &str)] = &[
    (
        "af",
        "die het is nie en van in om te vir dat ek jy hy sy ons hulle wat met op aan as maar ook was hoe waar wanneer hoekom waarom wie kan sal moet word deur uit na by of my jou sê ń 'n hierdie daardie baie",
    ),
    (
        "az",
        "və bu bir ki da də üçün ilə mən sən o biz siz onlar nə necə harada niyə kim hansı çox daha var yox idi olan kimi amma ola deyil mənim sonra",
    ),
    (
        "bs",
        "i je u se na da su za od sa kao što koji koja koje ne ali ili bi će kako gdje kada zašto ko šta sam ja ti on ona mi vi oni to iz nije bio ima samo",
    ),
    (
        "br",
        "ar an ur un hag ha eo zo e da a ne ket gant evit war din ez me te eñ hi ni c'hwi int petra pelec'h \
         penaos perak piv oa en eus deus am bez d'ar ran wezenn mont peus c'hoant gaout unan bennozh kalz \
         n'eo n'am vat kollet blij glav c'hoazh trugarez bezañ ezhomm pezh kemeret ebet pegement kompren \
         deuet evel emañ ganit oan e-barzh mervel dra bennak c'halon",
    ),
    (
        "ca",
        "el la els les un una i de del dels en a al que és són no per amb com què qui on quan perquè però més molt aquest aquesta ha he hi va vaig jo tu ell ella nosaltres meu seva també si s'ha l'any ho em et",
    ),
    (
        "ceb",
        "ang sa nga ug mga ni si kay ko ka siya ako kami sila unsa asa kanus-a ngano kinsa giunsa dili wala \
         adto kini kana aron naa ba usa iyang akong imong palihog kinsay intawon tawhana siyay ganahan tong \
         moadto babaye balay nitubag audio unsay",
    ),
    (
        "cs",
        "a v je se na že to s z do o i k pro ale jak co kdo kde kdy proč který která které jsem jsi jsme jste jsou být byl bylo by ne není po při tak jeho také nebo od za ve ten ta mi si mě co",
    ),
    (
        "cy",
        "y yr a ac yn i o ar mae ei eich ein fy dy ni nid oedd sut beth ble pryd pam pwy sy sydd wedi am gan gyda hefyd neu ond fel bod ydy yw roedd hi fe nhw rwy dw wnaeth",
    ),
    (
        "da",
        "og i at det er en et den til af på de med for som ikke har jeg du han hun vi var hvad hvordan hvor hvornår hvorfor hvem kan skal vil blev efter fra eller men om sig meget også nogen hvilken der mig dig",
    ),
    (
        "de",
        "der die das und ist in zu den nicht von mit ein eine einen einem einer sich auf für im dem des es ich du er sie wir ihr wie was wer wo wann warum welche welcher auch als aus bei nach kann man ohne oder aber wenn werden wird sind hat haben war mein meine zum zur über vor durch noch nur mich mir dich am beim",
    ),
    (
        "en",
        "the of and to in is a that it for on with as was are be this by at from or have has had not but what which when where why who how do does did can could should would will i you he she we they my your his her their our an if there about into than then without between after before during while best near out up so me him them were been these those its i'm don't it's",
    ),
    (
        "eo",
        "la de kaj en estas al ke mi vi li ŝi ni ili ne kun por kiel kio kiu kie kiam kial ĉu ĉi tio tiu sed aŭ pli tre estis havas povas el pri ĝi da sur mia via lia se ĉar por tie",
    ),
    (
        "es",
        "el la los las un una y de del en a al que es son no se por para con como cómo qué quién dónde cuándo cuál porque pero más muy este esta ha he hay fue yo tú él ella nosotros mi su sus también sin sobre entre lo le me te está están ser puede desde eso tiene",
    ),
    (
        "et",
        "ja on ei see ta ma sa me te nad et kui kuidas mis kes kus millal miks aga ka või oma oli ning seda selle mida väga olen pole kas siis ära minu tema saab enam mul",
    ),
    (
        "eu",
        "eta da ez bat du dira dut zen zuen dago ere baina nola zer nor non noiz zergatik ni zu hura gu haiek hau hori bere nire zure egin izan den dute duen edo baino dela ziren zuten naiz gaur dugu duzu",
    ),
    (
        "fi",
        "ja on ei se hän minä sinä me te he että kun kuin miten mitä mikä kuka missä milloin miksi oli ovat olen mutta tai myös joka jos niin hänen minun sitä tämä sen siitä en ole voi kanssa ennen ollut",
    ),
    (
        "fo",
        "og í er at ein ikki hann hon tað eg tú vit tey við til av á fyri sum hvat hvussu hvar nær hví hvør \
         men var hevur kann frá um eitt teir mær vóru mín okkum fyrigeva morgin bilurin eri tín tygum tit tær \
         sær hetta faðir okkara tykkara ongantíð",
    ),
    (
        "fr",
        "le la les un une et de des du en à au aux que qui est sont ne pas pour par avec dans sur ce cette ces il elle nous vous ils elles je tu comment quoi quel quelle où quand pourquoi mais ou plus très sans son sa ses mon ma leur leurs être a ont été se c'est l'on d'un d'une qu'il j'ai n'est on y faire me te",
    ),
    (
        "fy",
        "de it en is fan yn dat net foar mei op te ik do hy sy wy jim har hoe wat wêr wannear wêrom wa in ek \
         mar as oan by út om hat wie kin sil wol dy dizze fia prate kom",
    ),
    (
        "ga",
        "an na agus is tá ar i a go do le ní sé sí mé tú siad muid cad conas cá cathain cén fáth cé bhí ach nach faoi sin seo mar ag ó níl raibh leis bhfuil atá chun ann den dom",
    ),
    (
        "gd",
        "an na agus is tha air ann a gu do le chan e i mi thu iad sinn dè ciamar càite cuin carson cò bha ach \
         nach sin seo mar aig bho robh leis bheil gun gus aige dha sa th' às agam agad againn bha' nan nam \
         chaidh tha' gur dhan leam rium aice mise thusa eil anns glè math dhomh an-diugh an-dè dà rinn taigh \
         òl trang oirre bidh gum latha an-dràsda ionnsachadh trì a-màireach feum nighean urrainn fios fearg \
         sgìth feumaidh fhaicinn toilichte leughadh bruidhinn uisge toigh dhèanamh bliadhna a-rithist airson \
         idir cù dhut beag gaol cheannaich iongnadh dòcha th toil cinnteach tighinn fheàrr uabhasach falbh \
         tapadh leibh a-bhòin-dè dhuinn tèid oileanaich thèid",
    ),
    (
        "gl",
        "o a os as un unha e de do da dos das en no na nos nas que é son non se por para con como quen onde \
         cando cal pero máis moi este esta hai foi eu ti el ela meu súa tamén sen ao á polo pola ser está \
         mellor xa hoxe aquí onte teño ten fixo quere unha algún así mesmo ti vostede dixo só ía nin miña túa \
         mañá aos coa cos fillo despois podo dende nunha puxo auga cinco moito noso diñeiro traballo tiña \
         dicir dous adoita comezou aínda persoa consello muller xusto árbore neno aí axuda exame foron dúas \
         xente",
    ),
    (
        "ha",
        "da na ya ta a shi ba ko don wannan ne ce kuma su mai yadda me ina yaushe wane wanda cikin wajen yi yana tana suna akwai kamar zuwa daga sai an ga mutane ke za kai ni mu ku kan wata",
    ),
    (
        "hi",
        "hai hain ka ki ke ko se mein kya kyun kyon kaise kab kahan kaun nahi nahin aur ye yeh woh bhi kar karna karne ho hota hoti raha rahi tha thi mera meri mujhe aap hum tum par liye jab dikhta agar lekin wala wali chahiye hua gaya",
    ),
    (
        "hr",
        "i je u se na da su za od sa kao što koji koja koje ne ali ili bi će kako gdje kada zašto tko što sam ja ti on ona mi vi oni to iz nije bio ima samo",
    ),
    (
        "ht",
        "nan ak yon pou ki sa li yo mwen ou nou se pa te ap gen kijan kisa kote kilè poukisa kiyès men tou ka fè sou nan lan la",
    ),
    (
        "hu",
        "a az és hogy nem is egy van volt ez azt de meg ha mint csak már mi ki hol mikor miért hogyan melyik én te ő mi ti ők nekem vagy vagyok vannak lehet még el kell ezt itt ott minden nagyon után tudom nincs",
    ),
    (
        "id",
        "yang dan di ke dari ini itu untuk dengan tidak ada adalah pada saya anda kamu dia kami kita mereka apa bagaimana siapa dimana mana kapan mengapa kenapa akan bisa sudah telah juga atau karena lebih oleh dalam seperti orang tapi bahwa cara aku",
    ),
    (
        "ig",
        "na nke ka bụ ya n' ga ha ndị ọ m ị unu anyị gịnị kedu olee mgbe ebe onye maka site dị n'ime o bụrụ nwere ike ma ihe na-eme gị kwa",
    ),
    (
        "is",
        "og að er í á það sem en ekki við til af um hann hún ég þú við þeir með fyrir var hvað hvernig hvar hvenær hvers vegna hver eru hefur hafa ef frá eða svo mjög þess mér þetta",
    ),
    (
        "it",
        "il lo la i gli le un una e ed di del della dei delle in a al che è sono non si per con come cosa chi dove quando perché quale ma più molto questo questa ha ho c'è io tu lui lei noi mio suo anche senza su tra nel nella dal dalla alla ai sul mi ti ci essere stato o se",
    ),
    (
        "jv",
        "sing lan ing iki iku ora ana karo kanggo saka dadi aku kowe dheweke apa piye kapan ngendi sapa wis \
         arep nang opo wong yen uga luwih marang kabeh kuwi kowé dhèwèké wonten duwé ngerti lunga isa bakal \
         aja mbukak durung dhèké nalika",
    ),
    (
        "ku",
        "û ku li ji di de bi bo ez tu ew em hûn çi çawa kî kengî çima kîjan ne jî an her heye hat dike be wek \
         min te wî wê me we da bike dibe nav ser ye dibim bavê fêr xwe kurmancî dixwazim hez bû kû navê hene \
         kir saet birayê bikim bikî bûm dema birayên",
    ),
    (
        "la",
        "et in est non ad ut cum sed quod qui quae quid sunt ex per si ab atque esse ego tu nos quam etiam enim ubi quando cur aut nec hoc mihi erat sum eius",
    ),
    (
        "lb",
        "de d' an ass en net ech du hien mir dir se wat wéi wou wann firwat wien mat fir op vun zu och eng \
         eise ginn huet hunn sinn war awer oder bei dat den dem déi dëst kann wunnen hie gesinn fouss säi \
         waasser gestuerwen lëtzebuergesch geet",
    ),
    (
        "lg",
        "mu ne ku nga era bya ya wa ba omuntu abantu nze ggwe ye ffe bo ki kiki otya wa ddi lwaki ani nti naye oba kubanga okuva nnyo tewali olina ng'",
    ),
    (
        "ln",
        "na ya ye ba te to mpe oyo yo nga biso bango nini ndenge wapi ntango mpo nani kasi soki moto bato lokola ezali nayo eza azali mingi kati ndako",
    ),
    (
        "lt",
        "ir yra ne tai kad su į iš ar kaip kas kur kada kodėl kuris kuri bet aš tu jis ji mes jūs jie mano savo už nuo per apie dar labai buvo būti ką po jau nėra man jo jos",
    ),
    (
        "lv",
        "un ir ne ka tas ar uz no par kā kas kur kad kāpēc kurš kura bet es tu viņš viņa mēs jūs viņi mans savu vai pie pēc ļoti bija būt ko jau nav man to ir lai vairāk šo",
    ),
    (
        "mg",
        "ny dia ary amin' tsy izany fa ho aho ianao izy isika inona ahoana aiza rahoviana nahoana iza izay misy sy no ao tamin' momba mba koa ireo teo avy",
    ),
    (
        "mi",
        "te ngā he o ki i kei ka me ko ia au koe rātou mātou tātou aha pēhea hea āhea wai kāore nā mō tēnei tēnā kua e ana ahau kia nō rā anō tana hoki",
    ),
    (
        "ms",
        "yang dan di ke dari ini itu untuk dengan tidak ada adalah pada saya awak anda dia kami kita mereka apa bagaimana siapa mana bila mengapa kenapa akan boleh sudah telah juga atau kerana lebih oleh dalam seperti orang tetapi bahawa cara tak hendak aku",
    ),
    (
        "mt",
        "u ta' li fil il- l- ma' fuq għal biex mhux huwa hija kien jien int aħna huma x' kif xi fejn meta għaliex min jew iżda minn hemm din dan tal- dak ikun tiegħu lil",
    ),
    (
        "nb",
        "og i at det er en et den til av på de med for som ikke har jeg du han hun vi var hva hvordan hvor når hvorfor hvem kan skal vil ble etter fra eller men om seg veldig også noen hvilken meg deg",
    ),
    (
        "nl",
        "de het een en van in is dat te op niet met voor zijn ik je jij hij zij wij we er aan ook als maar om wat hoe waar wanneer waarom wie welke bij naar uit door kan moet worden wordt heeft hebben deze die dit dan nog zonder over tot mijn uw geen was ben onder mij",
    ),
    (
        "nn",
        "og i at det er ein ei eit den til av på dei med for som ikkje har eg du han ho vi var kva korleis kor når kvifor kven kan skal vil vart etter frå eller men om seg også nokon meg deg me dykk",
    ),
    (
        "ny",
        "ndi ku pa mu kwa ya wa za la koma ine iwe iye ife inu iwo chiyani bwanji kuti liti chifukwa ndani amene uyu ichi osati kapena ngati monga anthu munthu wina",
    ),
    (
        "oc",
        "lo la los las un una e de del dels en a al que es son non se per amb coma qué qual ont quand perqué \
         mas mai plan aqueste aquesta a ai i ieu tu el ela nosautres mon sa tanben dins qu'ei aquera aqueth \
         qu'am ua mei qu'a çò deu vòli veitura soi besonh hèit que's que't qu'èi pair vòus cau prègui n'ei \
         aquò caleré tà t'agrada vòs pauc tròp hèr volètz entà ès èra soa arren que'm m'agradaré dinèrs me'n \
         hilh l'am hè dab hèra qu'aimi peish díser que'ns atz tribalh jorn pòrta mès d'estar accident ostau",
    ),
    (
        "om",
        "fi kan akka irraa keessa ni jira hin isa ishee isaan nuti ati ani maal akkamitti eessa yoom maaliif eenyu waan kun sun akkasumas gara hanga yeroo nama dhukkuba fayyaa yookaan garuu ta'e ture qaba namoota nama irratti itti ykn dha yoo kana",
    ),
    (
        "pl",
        "i w z na nie się że do to jest jak o co po za od dla kto gdzie kiedy dlaczego który która które ale czy już tak przez przy są być był było ja ty on ona my wy oni mój jego jej bez pod ze mnie ma też lub tylko bardzo mam tego",
    ),
    (
        "pt",
        "o a os as um uma e de do da dos das em no na nos nas que é são não se por para com como quem onde quando qual porque mas mais muito este esta há foi eu tu ele ela nós meu minha sua também sem sobre entre ao à pelo pela ser está isso você me tem ter isto estou",
    ),
    (
        "ro",
        "și în de la cu pe un o că nu este sunt a al ai ale să din pentru care cum ce cine unde când care dar mai foarte acest această am ai are fost eu tu el ea noi meu său fără sau prin după ca se îmi mă lui ei în",
    ),
    (
        "rw",
        "ni mu ku na kandi cyangwa iyo uko aho iki ryari kuki nde bwo kuri muri ko ari yo cyane abantu umuntu ubu ibi uyu ariko njye wowe twe ntabwo gukora kugira ngo hari iyi aba ibyo kandi mu ya wa cya bya rwa ba yo ubwo kubera nyuma mbere ndetse gusa abo icyo umwe nta cyangwa ati",
    ),
    (
        "sk",
        "a v je sa na že to s z do o i k pre ale ako čo kto kde kedy prečo ktorý ktorá ktoré som si sme ste sú byť bol bolo by nie po pri tak jeho tiež alebo od za vo ten tá mi ma",
    ),
    (
        "sl",
        "in je v se na da so za od z s kot ki ne ali pa bi bo kako kje kdaj zakaj kdo kaj sem jaz ti on ona mi vi oni to iz ni bil ima samo tudi pri do po si lahko zelo kateri moj",
    ),
    (
        "sn",
        "ne ku pa mu kuti asi kana uye izvi ini iwe iye isu imi ivo chii sei kupi rini nei ndiani zvino vanhu munhu wake yangu ari kwa chete",
    ),
    (
        "so",
        "waa iyo in ka ku u la oo uu ay aan ma waxaa waxay sida maxaa maxay sidee xaggee goorma sababta yaa kuwa tahay ahay yahay leh lagu laga soo si ee kale badan qof dad ayaa ama haddii waxa",
    ),
    (
        "sq",
        "dhe në e të i një që për me nuk është janë si çfarë kush ku kur pse cili por më shumë ky kjo kam ka ishte unë ti ai ajo ne ju ata nga tek pa ose mund do po jam u s'",
    ),
    (
        "st",
        "ke ya le ka ho ha e o ba mo hore tse ea oa la sa na nna wena yena rona bona eng joang kae neng hobaneng mang empa kapa batho motho hae ena ntho",
    ),
    (
        "su",
        "nu jeung ka ti di ieu eta teu aya keur abdi anjeun manehna urang naon kumaha iraha dimana saha geus bakal ogé atawa lamun sabab jalma leuwih dina",
    ),
    (
        "sv",
        "och i att det är en ett den till av på de med för som inte har jag du han hon vi var vad hur när varför vem kan ska vill blev efter från eller men om sig mycket också någon vilken mig dig där hade utan så",
    ),
    (
        "sw",
        "na ya wa kwa ni la za katika cha vya kuwa hii hiyo huyo yake wake langu yangu mimi wewe yeye sisi wao nini gani vipi wapi lini kwa nini nani je si sana kama ili au lakini hadi bila pia watu mtu hakuna yako hizi ambayo wakati",
    ),
    (
        "tk",
        "we bu bir bilen üçin men sen ol biz siz olar näme nähili nirede haçan näme kim haýsy ýok bar däl köp \
         hem ýa-da meniň onuň gerek ýaly emma şu size maňa saňa oňa öz näçe hiç ony seniň biziň edýär däldi \
         şeýle hakda barada gelýär etmek boldy soň ine indi gowy aýtdy muny diýip zat pikir örän gaty edip \
         dälmi ýerde semi wagt meniñ hemme kömek seniñ tomuň oglan gyz bolup siziň onuñ gezek maña edýärin \
         şony bilýärin bolar aýtdylar barmy isleýärin nädip zady pikirimçe etdim bolsa düýn ýere özüniň güni \
         satyn gelip kän häzir işi edil şol diňe uly saña ýöne etmäge gidip sany rugsat alyp",
    ),
    (
        "tl",
        "ang sa ng mga na ay at si ni ko ka siya ako kami tayo sila ano paano saan kailan bakit sino alin hindi wala mayroon ito iyon para may po ba isang kung dahil pero o niya kanyang aking iyong din rin lang nang",
    ),
    (
        "tn",
        "ke ya le ka go ga e o ba mo gore tse wa la sa na nna wena ene rona bone eng jang kae leng goreng mang fela kgotsa batho motho tsa ne",
    ),
    (
        "tr",
        "ve bir bu da de için ile ben sen o biz siz onlar ne nasıl nerede neden niçin kim hangi zaman çok daha var yok değil gibi ama olarak olan kadar mı mi mu mü sonra en ki her şey benim onun bana nedir",
    ),
    (
        "ts",
        "na ku ya ni va hi xi wa ka leswi mina wena yena hina vona yini njhani kwihi rini hikokwalaho mani kambe kumbe vanhu munhu eka swi loko ndzi",
    ),
    (
        "uz",
        "va bu bir uchun bilan men sen u biz siz ular nima qanday qayerda qachon nega nimaga kim qaysi juda \
         ham yo'q bor emas kabi lekin yoki mening uning kerak deb edi mumkin bo'lgan менинг эмасман bormi \
         qancha edim uni hayirli hech сабабдан денгизда бўлади uying keldim issiq qushlarimni ҳар o'tgan",
    ),
    (
        "vi",
        "và là của có không được cho trong một những các này đó với để khi tôi bạn anh chị chúng họ gì như thế nào đâu sao ai bao người ở đã sẽ đang rất nhưng hoặc hay nếu từ ra làm cách lại bị về",
    ),
    (
        "wo",
        "la mu bi ci ak ne du dafa moom man yow ñu yeen lan naka fan kañ lu tax kan te wala waaye ni ku nit nekk dina maa ngi yi si ba am",
    ),
    (
        "xh",
        "kwaye ukuba yintoni njani phi nini ngoba ngubani mna wena yena thina nina bona kodwa okanye abantu umntu ngaphandle kule oku into wam kakhulu kunye ndi le lo apho xa njengoko bonke yonke wathi ukuze abo yakhe abanye oko wakhe ngoko kuye loo",
    ),
    (
        "yo",
        "ni ti àti awọn kí ó mo o a wọn sí fún nínú pẹ̀lú jẹ́ kò ṣe kini báwo níbo nígbà tí ta ló àwọn ẹ bí lè náà yìí wa rẹ̀ mi rẹ sì kì tó wo ìdí gbogbo ọ̀rọ̀ láti ní",
    ),
    (
        "zu",
        "futhi ukuthi yini kanjani kuphi nini ngoba ubani mina wena yena thina nina bona kodwa noma abantu umuntu ngaphandle kulo lokhu into wami kakhulu kanye nge le lo lapho uma na njengoba noma khona bonke konke wathi kule kusukela ukuze kumelwe lokho yakhe wabo abanye kakade yonke ke wakhe ngakho kuye labo leyo",
    ),
    (
        "ru",
        "и в не на что я с он как это по но они мы она так же от за из у к о для вы ты где когда почему кто или бы был была было если чем мне его её без при можно нужно какой какие мой меня есть только всё очень",
    ),
    (
        "uk",
        "і в не на що я з він як це по але вони ми вона так же від за із у до о для ви ти де коли чому хто чи або б був була було якщо ніж мені його її без при можна треба який які та й є мій мене щоб дуже",
    ),
    (
        "be",
        "і ў не на што я з ён як гэта па але яны мы яна так жа ад за у да для вы ты дзе калі чаму хто ці або б быў была было калі мне яго яе без які якія ёсць мой вельмі",
    ),
    (
        "bg",
        "и в не на че аз с той как това по но те ние тя така от за са си е ще да се къде кога защо кой или бе беше ако ми му я без при може какво които който във със много има мога",
    ),
    (
        "mk",
        "и во не на дека јас со тој како ова по но тие ние таа така од за се сум е ќе да каде кога зошто кој или беше ако ми му ја без при може што кои кој тоа многу има ги го",
    ),
    (
        "sr",
        "и у не на да ја са он како ово по али они ми она тако од за се сам је ће где када зашто ко или био била ако му јој без при може шта који која што су смо",
    ),
    (
        "kk",
        "және бұл бір мен сен ол біз сіз олар не қалай қайда қашан неге кім қандай үшін бар жоқ емес де да деп болды керек оның менің көп өте",
    ),
    (
        "ky",
        "жана бул бир мен сен ал биз сиз алар эмне кантип кайда качан эмнеге ким кандай үчүн бар жок эмес деп болду керек анын менин көп абдан менен",
    ),
    (
        "tt",
        "һәм бу бер мин син ул без сез алар нәрсә ничек кайда кайчан нигә кем нинди өчен бар юк түгел дип \
         булды кирәк аның минем күп бик белән дә миңа иде яхшы синең инде кеше häm иң булган бармы ике моны \
         belän мине ничә итегез әле гафу ди bik dä сиңа китап алма бөтен үз бүген генә безнең башка tügel \
         öçen яңгыр гына яңа булса рәхмәт өч хәзер аны бераз bulğan тел йөз сезнең көненә ява үзе торган \
         яратам булып ашыйм кар алмый ләкин идем dip булсын",
    ),
    (
        "uz",
        "ва бу бир учун билан мен сен у биз сиз улар нима қандай қаерда қачон нега ким қайси ҳам йўқ бор эмас керак эди лекин деб",
    ),
    (
        "ba",
        "һәм был бер мин һин ул беҙ һеҙ улар нимә нисек ҡайҙа ҡасан ниңә кем ниндәй өсөн бар юҡ түгел тип булды кәрәк уның минең күп бик менән",
    ),
    (
        "cv",
        "тата ку пӗр эпӗ эсӗ вӑл эпир эсир вӗсем мӗн мӗнле ӑҫта хӑҫан мӗншӗн кам валли пур ҫук мар тесе пулнӑ кирлӗ унӑн манӑн",
    ),
    (
        "tg",
        "ва ин як ман ту ӯ мо шумо онҳо чӣ чӣ тавр куҷо кай чаро кӣ кадом барои ҳаст нест аз ба дар бо ки аст буд мешавад то ҳам",
    ),
    (
        "mn",
        "ба бол энэ нэг би чи тэр бид та тэд юу яаж хаана хэзээ яагаад хэн ямар байна байсан юм үгүй гэж нь их миний түүний хийх вэ уу",
    ),
    (
        "hi",
        "है हैं का की के को से में और पर यह वह क्या क्यों कैसे कब कहाँ कौन नहीं भी कर करना करने हो होता होती होते रहा रही था थी थे मेरा मैं मुझे आप हम तुम लिए जब अगर लेकिन एक तो ने इस उस किस सबसे चाहिए हुआ गया या",
    ),
    (
        "mr",
        "आहे आहेत आणि हा ही हे तो ती ते काय का कसे कशी कधी कुठे कोण नाही पण मी तू आम्ही तुम्ही त्याने तिने माझा माझे माझी होते होता होती या त्या एक साठी मध्ये वर करणे असे झाले मला तुला त्याला ना की केले",
    ),
    (
        "ne",
        "छ छन् छु हो र को मा ले लाई यो त्यो के किन कसरी कहिले कहाँ कति कुन छैन होइन पनि गर्न गर्ने गरेको भएको थियो म तिमी हामी तपाईं उनी लागि जब यदि तर एक हुन् हुन्छ भने वा नै सबै गर्नु कसले गर्छ सक्छ अनि",
    ),
    (
        "ar",
        "في من على إلى أن هذا هذه هو هي ما لا لم كان كيف متى أين لماذا هل التي الذي مع عن أو كل قد أنا نحن أنت بعد قبل بين إذا كانت يكون عند لي له ذلك غير يمكن ثم حتى",
    ),
    (
        "fa",
        "در از به که این آن را با است و برای چه چگونه چطور کی کجا چرا آیا می ما شما من تو او آنها هم یا تا بود شد شود کرد کند هر باید نیست هستند خود یک بر اگر دارد چیست",
    ),
    (
        "ur",
        "ہے ہیں کا کی کے کو سے میں اور پر یہ وہ کیا کیوں کیسے کب کہاں کون نہیں بھی کر کرنا کرنے ہو ہوتا ہوتی رہا رہی تھا تھی میرا مجھے آپ ہم تم لیے جب اگر لیکن ایک تو نے اس",
    ),
    (
        "ps",
        "د په چې او دا دی ده له ته سره څه څنګه کله چیرته ولې څوک نه هم زه ته موږ تاسو هغه کې یو کړي کول شي وي وو لپاره باید یا که",
    ),
    (
        "ckb",
        "لە بۆ و کە بە ئەم ئەو لەگەڵ چی چۆن کەی کوێ بۆچی کێ نە من تۆ ئێمە ئێوە ئەوان یان هەر بوو دەکات نییە هەیە وەک دا ئەگەر",
    ),
    (
        "ug",
        "ۋە بۇ بىر مەن سەن ئۇ بىز سىز ئۇلار نېمە قانداق قەيەردە قاچان نېمىشقا كىم قايسى ئۈچۈن بار يوق ئەمەس \
         دەپ بىلەن كېرەك بولدى ياخشى ماڭا ئۇنىڭ بەك لازىم مېنىڭ سائەت بۈگۈن ئادەم كۆپ ھازىر مېنى ئىدى بولىدۇ \
         ئۇنى ئەتە ئىككى بارمۇ كېيىن يەرگە ناھايىتى سىلەر كىتابنى ئىكەن قالدى كىتاب تاماق ئۇنىڭغا لېكىن سېنىڭ \
         پۇل ساڭا يەنە نەچچە كەلدى سىزگە ئەڭ سىزنىڭ بولسا ماشىنا پەقەت بولامدۇ كەتتى گەپ ئۇنداق ھەر ئىشنى \
         ياردەم قېتىم يەردە تۈنۈگۈن كۈنى سۇ تۇرىمەن قىز مەر ھەمەت ئون چىرايلىق بارىمەن",
    ),
    (
        "sd",
        "۾ جي جو جا کي تي ۽ آهي آهن هي هو ڇا ڪيئن ڪڏهن ڪٿي ڇو ڪير نه به مان توهان اسان ان سان لاءِ هڪ کان",
    ),
    (
        "yi",
        "איז און דער די דאָס דאס נישט מיט צו פֿון פון איך דו ער זי מיר איר וואָס וואס ווי ווען פארוואס פֿאַרוואָס ווער אויף אַ א אין האט האָט זיך קען",
    ),
    (
        "he",
        "של את על לא זה הוא היא אני אתה אנחנו הם מה איך מתי איפה למה מי או גם כל אם כי היה יש אין עם אל זאת לי לו רק",
    ),
    (
        "am",
        "ነው ናቸው እና ላይ ውስጥ ምን እንዴት መቼ የት ለምን ማን ወይም ግን ይህ ያ ነበር አንድ እኔ አንተ እሱ እሷ እኛ ጋር ስለ በኋላ በፊት",
    ),
    ("ti", "እዩ ናይ ኣብ ካብ ምስ እቲ ነቲ እታ ከመይ መዓስ ኣበይ ንምንታይ መን ወይ ግን እዚ ነበረ ሓደ ኣነ ንስኻ ንሱ ንሳ ንሕና እዮም ድማ"),
    (
        "bn",
        "এবং ও এই সে আমি তুমি আপনি আমরা তারা কি কী কীভাবে কখন কোথায় কেন কে না নেই করে করা হয় ছিল জন্য থেকে একটি",
    ),
    ("as", "আৰু এই তেওঁ মই তুমি আপুনি আমি কি কেনেকৈ কেতিয়া কত কিয় কোন নাই কৰা কৰে হয় আছিল বাবে পৰা এটা"),
];
