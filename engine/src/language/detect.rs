//! Which languages a text is written in.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

use serde::Serialize;

use super::Language;
use super::evidence::{self, Witnesses};
use super::script::{Alphabet, Word, words};
use super::segment::{divide, largest, total};

/// Only so many characters of a text are looked at.
const MAX_CHARS: usize = 500;
/// How much likelier than the next language (as a logarithm) the likeliest must be.
const MIN_MARGIN: f32 = 1.0;
/// Evidence per word below which no known language fits.
const MIN_FIT: f32 = -3.2;
/// Smaller parts of a text are names and loan words.
const MIN_SHARE: f32 = 0.17;
/// A document of more letters is judged as a whole instead of word by word, which is cheaper.
const LONG_TEXT_LETTERS: usize = 120;
/// So many letters of a long document are judged by the letter models.
const JUDGED_LETTERS: usize = 125;
/// The share of the words of a long document in Latin script that must be among the commonest of its language.
const MIN_LISTED: f32 = 0.03;
/// A long document with such a share of commonest words, and such a lead of them over the next
/// language's, needs no other witness.
const CLEARLY_LISTED: f32 = 0.2;
const CLEAR_LEAD: f32 = 9.0;
/// Least share of kana in a Japanese text.
const MIN_KANA: f32 = 0.08;

/// Characters of the forms that only Japan writes.
const JAPANESE_FORMS: &str = "込働峠畑枠栃匂塀搾駅図売読発気円黒歩毎渋栄検験権観薬楽桜応価拡単厳巻続総戦対実経済団変辺浜沢滝帰県圏払鉄焼酔塩児乗剰壊壌弾悩脳恵穂稲薫覚覧訳転軽郷醸録銭鶏黙斎";

/// A language and its part in a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LanguageShare {
    /// The language.
    #[serde(rename = "tag")]
    pub language: Language,
    /// Share of the text's letters, 0 to 1.
    pub share: f32,
}

/// The languages found in a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detection {
    /// Largest share first; never empty; `und` when uncertain.
    pub languages: Vec<LanguageShare>,
}

impl Detection {
    /// The whole text in one language.
    pub fn single(language: Language) -> Self {
        Self { languages: vec![LanguageShare { language, share: 1.0 }] }
    }

    /// The language with the largest share.
    pub fn main(&self) -> &Language {
        &self.languages[0].language
    }
}

/// Detects languages.
///
/// Where a script belongs to one language in practice, the script decides; elsewhere letter
/// models (of lingua) and lists of the commonest words do. What cannot be told: Japanese in
/// Chinese characters alone, unless one of them has a form of Japan's, is taken for Chinese
/// (`zh`); Serbian in Latin letters is taken for Croatian or Bosnian; a language that is on no
/// list may be taken for a relative.
///
/// Only the beginning of a text is looked at, so a call takes bounded time: mostly well under a
/// millisecond for a document, a few milliseconds for a query.
#[derive(Default)]
pub struct LanguageDetector {
    latin: OnceLock<Option<Witnesses>>,
    cyrillic: OnceLock<Option<Witnesses>>,
    arabic: OnceLock<Option<Witnesses>>,
    devanagari: OnceLock<Option<Witnesses>>,
    hebrew: OnceLock<Option<Witnesses>>,
    ethiopic: OnceLock<Option<Witnesses>>,
    bengali: OnceLock<Option<Witnesses>>,
}

impl fmt::Debug for LanguageDetector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LanguageDetector").finish_non_exhaustive()
    }
}

impl LanguageDetector {
    /// A detector of every language it knows. Cheap: models are read when first needed, which
    /// makes the first call for an alphabet slower. All detectors share one copy of the models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every language that may be found, in order of the tags.
    ///
    /// Walks through all letters of all scripts: about a millisecond.
    pub fn languages() -> Vec<Language> {
        let tags: BTreeSet<&str> = evidence::sharing_an_alphabet()
            .chain(Alphabet::languages_alone())
            .chain(["ja", "zh"])
            .collect();
        tags.into_iter().map(|tag| language(Some(tag))).collect()
    }

    /// The one language that a document is written in; `und` when uncertain.
    pub fn detect(&self, text: &str) -> Language {
        let words = words(beginning(text));
        let groups = groups(&words);
        let Some(group) = groups.iter().max_by_key(|group| group.letters) else {
            return Language::undetermined();
        };
        let letters: usize = groups.iter().map(|group| group.letters).sum();
        if group.letters * 2 < letters {
            return Language::undetermined();
        }
        let tag = match self.witnesses(group.alphabet) {
            None => group.alone(),
            Some(witnesses) if group.letters > LONG_TEXT_LETTERS => whole(witnesses, &group.words),
            Some(witnesses) => likeliest(
                witnesses,
                &total(&witnesses.of_words(&group.words), &witnesses.priors),
                group.words.len(),
            ),
        };
        language(tag)
    }

    /// The languages of a query, which may mix several; `und` when uncertain.
    ///
    /// A language is reported from about a sixth of the letters on, and a single foreign word or
    /// name does not count. Only between scripts and within the Latin one are languages set apart.
    /// A character for a syllable or a word counts as two letters.
    pub fn detect_mixed(&self, query: &str) -> Detection {
        let words = words(beginning(query));
        let groups = groups(&words);
        let all: usize = groups.iter().map(|group| group.letters).sum();
        let mut shares: Vec<(Option<&'static str>, usize)> = Vec::new();
        for group in &groups {
            // A single word in another script is a name or a term.
            if group.words.len() == 1
                && group.letters * 3 < all * 2
                && group.alphabet == Alphabet::Latin
            {
                continue;
            }
            let parts = match self.witnesses(group.alphabet) {
                None => vec![(group.alone(), group.letters)],
                Some(witnesses) => divided(witnesses, &group.words),
            };
            for (tag, letters) in parts {
                match shares.iter_mut().find(|(known, _)| *known == tag) {
                    Some((_, sum)) => *sum += letters,
                    None => shares.push((tag, letters)),
                }
            }
        }
        // What is not recognised counts only where it prevails.
        shares.retain(|(tag, letters)| {
            let share = *letters as f32 / all as f32;
            share >= if tag.is_some() { MIN_SHARE } else { 0.5 }
        });
        shares.sort_by_key(|(_, letters)| std::cmp::Reverse(*letters));
        if shares.len() < 2 {
            return Detection::single(language(shares.first().and_then(|(tag, _)| *tag)));
        }
        let sum: usize = shares.iter().map(|(_, letters)| letters).sum();
        Detection {
            languages: shares
                .into_iter()
                .map(|(tag, letters)| LanguageShare {
                    language: language(tag),
                    share: letters as f32 / sum as f32,
                })
                .collect(),
        }
    }

    /// What tells the languages of an alphabet apart; `None` where the alphabet is enough.
    fn witnesses(&self, alphabet: Alphabet) -> Option<&Witnesses> {
        let cell = match alphabet {
            Alphabet::Latin => &self.latin,
            Alphabet::Cyrillic => &self.cyrillic,
            Alphabet::Arabic => &self.arabic,
            Alphabet::Devanagari => &self.devanagari,
            Alphabet::Hebrew => &self.hebrew,
            Alphabet::Ethiopic => &self.ethiopic,
            Alphabet::Bengali => &self.bengali,
            Alphabet::Han | Alphabet::Kana | Alphabet::OneLanguage(_) | Alphabet::Unknown => {
                return None;
            }
        };
        cell.get_or_init(|| Witnesses::new(alphabet)).as_ref()
    }
}

/// The words of one alphabet in a text.
struct Group<'a> {
    alphabet: Alphabet,
    words: Vec<&'a Word>,
    letters: usize,
}

impl Group<'_> {
    /// The language that the alphabet alone stands for.
    fn alone(&self) -> Option<&'static str> {
        match self.alphabet {
            Alphabet::OneLanguage(tag) => Some(tag),
            Alphabet::Kana => Some("ja"),
            Alphabet::Han
                if self
                    .words
                    .iter()
                    .any(|word| word.text.contains(|c| JAPANESE_FORMS.contains(c))) =>
            {
                Some("ja")
            }
            Alphabet::Han => Some("zh"),
            _ => None,
        }
    }
}

/// The words by alphabet, in order of appearance. Chinese characters belong to Japanese or
/// Korean text where enough of its own letters stand beside them.
fn groups(words: &[Word]) -> Vec<Group<'_>> {
    let letters = |alphabet| -> usize {
        words.iter().filter(|word| word.alphabet == alphabet).map(|word| word.letters).sum()
    };
    let korean = Alphabet::OneLanguage("ko");
    let (han, kana, hangul) = (letters(Alphabet::Han), letters(Alphabet::Kana), letters(korean));
    let ideographs = if kana > 0 && kana as f32 >= MIN_KANA * (han + kana) as f32 {
        Alphabet::Kana
    } else if hangul > 0 && hangul >= han {
        korean
    } else {
        Alphabet::Han
    };
    let mut groups: Vec<Group<'_>> = Vec::new();
    for word in words {
        let alphabet = match word.alphabet {
            Alphabet::Han => ideographs,
            // A stray kana in Chinese text.
            Alphabet::Kana if ideographs == Alphabet::Han => Alphabet::Han,
            alphabet => alphabet,
        };
        match groups.iter_mut().find(|group| group.alphabet == alphabet) {
            Some(group) => {
                group.words.push(word);
                group.letters += word.letters;
            }
            None => groups.push(Group { alphabet, words: vec![word], letters: word.letters }),
        }
    }
    groups
}

/// What one language has of a text.
struct Part {
    column: usize,
    letters: usize,
    words: usize,
    /// Words that are among the commonest of the language.
    listed: usize,
}

/// The languages of words in one alphabet, with their letters.
fn divided(witnesses: &Witnesses, words: &[&Word]) -> Vec<(Option<&'static str>, usize)> {
    let evidence = witnesses.of_words(words);
    let (path, gain) = divide(&evidence, &witnesses.priors);
    let all: usize = words.iter().map(|word| word.letters).sum();
    if gain > 0.0 && words[0].alphabet == Alphabet::Latin {
        let mut parts: Vec<Part> = Vec::new();
        for (at, (&column, word)) in path.iter().zip(words).enumerate() {
            let listed = usize::from(evidence[at][column] > 0.0);
            match parts.iter_mut().find(|part| witnesses.are_kin(part.column, column)) {
                Some(part) => {
                    part.letters += word.letters;
                    part.words += 1;
                    part.listed += listed;
                }
                None => parts.push(Part { column, letters: word.letters, words: 1, listed }),
            }
        }
        parts.retain(|part| part.letters as f32 >= MIN_SHARE * all as f32);
        // Words of a language without letter models look like those of any other: there, every
        // part must show words of its own.
        let heard = parts.iter().all(|part| witnesses.knows(part.column));
        let shown = parts.iter().all(|part| part.listed * 4 >= part.words);
        if parts.len() > 1 && (heard || shown) {
            return parts
                .into_iter()
                .map(|part| (Some(witnesses.tags[part.column]), part.letters))
                .collect();
        }
    }
    vec![(likeliest(witnesses, &total(&evidence, &witnesses.priors), words.len()), all)]
}

/// The one language of a long text.
fn whole(witnesses: &Witnesses, words: &[&Word]) -> Option<&'static str> {
    let (mut evidence, counts) = witnesses.of_lists(words);
    let listed = |column: usize| counts[column] as f32 / words.len() as f32;
    let first = largest(&evidence);
    let next =
        evidence.iter().enumerate().filter(|(column, _)| *column != first).map(|(_, value)| *value);
    let lead = evidence[first] - next.fold(0.0, f32::max);
    if lead >= CLEAR_LEAD && listed(first) >= CLEARLY_LISTED {
        return Some(witnesses.tags[first]);
    }
    let mut text = String::new();
    let mut letters = 0;
    for word in words {
        if letters >= JUDGED_LETTERS {
            break;
        }
        text.push_str(&word.text);
        text.push(' ');
        letters += word.letters;
    }
    witnesses.add_text(&text, &mut evidence);
    for (value, prior) in evidence.iter_mut().zip(&witnesses.priors) {
        *value += prior;
    }
    let first = largest(&evidence);
    if words[0].alphabet == Alphabet::Latin && listed(first) < MIN_LISTED {
        return None;
    }
    likeliest(witnesses, &evidence, usize::MAX)
}

/// The language with the most evidence, if that is clearly more than the next has, its kin apart.
fn likeliest(witnesses: &Witnesses, evidence: &[f32], words: usize) -> Option<&'static str> {
    let first = largest(evidence);
    let next = (0..evidence.len())
        .filter(|&column| !witnesses.are_kin(column, first))
        .map(|column| evidence[column])
        .fold(f32::NEG_INFINITY, f32::max);
    let fits = evidence[first] >= MIN_FIT * words as f32;
    (fits && evidence[first] - next >= MIN_MARGIN).then(|| witnesses.tags[first])
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(MAX_CHARS).map_or(text, |(end, _)| &text[..end])
}

fn language(tag: Option<&str>) -> Language {
    tag.and_then(|tag| Language::parse(tag).ok()).unwrap_or_else(Language::undetermined)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// One detector for all tests: debug builds read models slowly.
    fn detector() -> &'static LanguageDetector {
        static DETECTOR: OnceLock<LanguageDetector> = OnceLock::new();
        DETECTOR.get_or_init(LanguageDetector::new)
    }

    fn tags(query: &str) -> Vec<String> {
        detector()
            .detect_mixed(query)
            .languages
            .iter()
            .map(|share| share.language.to_string())
            .collect()
    }

    const SENTENCES: &[(&str, &str)] = &[
        ("af", "Ons moet nog brood en melk by die winkel gaan koop."),
        ("am", "ዛሬ ጠዋት ወደ ገበያ ሄጄ ሽንኩርት ገዛሁ።"),
        ("ar", "كيف أحافظ على الخبز طازجا في المطبخ لمدة أسبوع؟"),
        ("bg", "Къде мога да оставя колелото си през нощта?"),
        ("bn", "আজ সকালে নদীর ধারে অনেক পাখি দেখলাম।"),
        ("bo", "ང་ལ་དེབ་གསར་པ་ཞིག་ཡོད།"),
        ("cs", "Proč se naše staré hodiny každou neděli zastaví?"),
        ("cy", "Mae'r bws i'r dref yn hwyr eto y bore yma."),
        ("da", "Hvorfor fryser søen ikke til om vinteren længere?"),
        ("de", "Der Nachbar hat seine Leiter gestern nicht zurückgebracht."),
        ("el", "Πού άφησες τα κλειδιά του αυτοκινήτου;"),
        ("en", "The neighbour has not brought the ladder back yet."),
        ("es", "¿Por qué se oxida la bicicleta cuando la dejo en el patio?"),
        ("eu", "Gaur goizean mendira joan gara lagunekin eta euria egin du."),
        ("fa", "چرا دوچرخه من در باران زنگ می‌زند؟"),
        ("fi", "Missä voin korjata vanhan polkupyöräni edullisesti?"),
        ("fr", "Pourquoi mon vélo rouille-t-il quand il reste dans la cour ?"),
        ("ga", "Tá an bus go dtí an baile mór déanach arís ar maidin."),
        ("gu", "આજે બપોરે અમે કેરીનો રસ પીધો."),
        ("ha", "Yaushe ne mutane suke zuwa kasuwa don sayen hatsi?"),
        ("he", "איפה השארת את המפתחות של המכונית?"),
        ("hi", "मेरी साइकिल में बारिश के बाद जंग क्यों लग जाता है?"),
        ("hu", "Miért áll meg a régi óránk minden vasárnap este?"),
        ("hy", "Այս առավոտ շուկայից խնձոր գնեցի։"),
        ("it", "Perché la bicicletta arrugginisce se la lascio nel cortile?"),
        ("ja", "雨の日に自転車がさびるのはなぜですか。"),
        ("ka", "დღეს დილით ბაზარში ვაშლი ვიყიდე."),
        ("km", "ព្រឹកនេះខ្ញុំបានទៅទិញបន្លែនៅផ្សារ។"),
        ("kn", "ಇಂದು ಬೆಳಿಗ್ಗೆ ನಾನು ಮಾರುಕಟ್ಟೆಗೆ ಹೋದೆ."),
        ("ko", "비가 오면 자전거가 왜 녹슬까요?"),
        ("lo", "ເຊົ້ານີ້ຂ້ອຍໄປຕະຫຼາດຊື້ຜັກ."),
        ("ml", "ഇന്ന് രാവിലെ ഞാൻ ചന്തയിൽ പോയി."),
        ("mr", "आज सकाळी मी बाजारात जाऊन आंबे आणले आहेत."),
        ("my", "ဒီမနက် ကျွန်တော် ဈေးသွားပြီး ပန်းသီး ဝယ်တယ်။"),
        ("nb", "Hvorfor vil ikke den gamle klokka gå etter at jeg har trukket den opp?"),
        ("ne", "आज बिहान म बजार गएर स्याउ किनेको छु।"),
        ("nl", "Waarom roest mijn fiets als hij in de tuin blijft staan?"),
        ("or", "ଆଜି ସକାଳେ ମୁଁ ବଜାରକୁ ଯାଇଥିଲି।"),
        ("pa", "ਅੱਜ ਸਵੇਰੇ ਮੈਂ ਬਾਜ਼ਾਰ ਗਿਆ ਸੀ।"),
        ("pl", "Dlaczego nasz stary zegar staje w każdą niedzielę?"),
        ("ps", "زه نن سهار بازار ته لاړم او مڼې مې واخیستې."),
        ("pt", "Por que a minha bicicleta enferruja quando fica no quintal?"),
        ("ro", "De ce ruginește bicicleta mea când o las în curte?"),
        ("ru", "Почему мой велосипед ржавеет после дождя?"),
        ("si", "අද උදේ මම වෙළඳපොළට ගියා."),
        ("so", "Maxay baaskiilku u miridhaa markuu roobka ku da'o?"),
        ("sv", "Varför stannar vår gamla klocka varje söndag kväll?"),
        ("sw", "Kwa nini baiskeli yangu inapata kutu wakati wa mvua?"),
        ("ta", "இன்று காலை நான் சந்தைக்குச் சென்றேன்."),
        ("te", "ఈ ఉదయం నేను బజారుకు వెళ్ళాను."),
        ("th", "เช้านี้ฉันไปตลาดซื้อผลไม้"),
        ("ti", "ሎሚ ንግሆ ናብ ዕዳጋ ከይደ ሽጉርቲ ዓዲገ ኣለኹ።"),
        ("tl", "Bakit kinakalawang ang bisikleta ko kapag umuulan?"),
        ("tr", "Eski saatimiz neden her pazar akşamı duruyor?"),
        ("uk", "Чому мій велосипед іржавіє після дощу?"),
        ("ur", "میری سائیکل کو بارش میں زنگ کیوں لگتا ہے؟"),
        ("vi", "Vì sao xe đạp của tôi bị gỉ khi trời mưa?"),
        ("yi", "פֿאַרוואָס איז דער זייגער נישט גאַנץ?"),
        ("yo", "Kí ló dé tí àwọn ọmọ náà kò fi lọ sí ọjà lónìí?"),
        ("zh", "为什么下雨以后我的自行车会生锈？"),
    ];

    #[test]
    fn a_sentence_is_given_its_language() {
        for (tag, sentence) in SENTENCES {
            assert_eq!(detector().detect(sentence).as_str(), *tag, "{sentence}");
            assert_eq!(tags(sentence), [*tag], "{sentence}");
        }
    }

    #[test]
    fn every_language_that_is_found_is_listed() {
        let languages = LanguageDetector::languages();
        assert!(languages.is_sorted());
        assert!(!languages.contains(&Language::undetermined()));
        for (tag, _) in SENTENCES {
            assert!(languages.iter().any(|language| language.as_str() == *tag), "{tag}");
        }
    }

    #[test]
    fn a_long_document_is_given_its_language() {
        for (tag, sentence) in SENTENCES {
            let document = format!("{sentence} ").repeat(10);
            assert_eq!(detector().detect(&document).as_str(), *tag, "{sentence}");
        }
    }

    #[test]
    fn short_queries_are_enough() {
        for (query, tag) in [
            ("les abeilles", "fr"),
            ("cómo hacer pan", "es"),
            ("how to fix a bike", "en"),
            ("wie man Brot backt", "de"),
            ("jinsi ya kupika wali", "sw"),
            ("как испечь хлеб", "ru"),
        ] {
            assert_eq!(tags(query), [tag], "{query}");
        }
    }

    #[test]
    fn languages_without_letter_models_are_told_by_their_commonest_words() {
        for (sentence, tag) in [
            ("Siyay ganahan muadto sa balay karon.", "ceb"),
            ("Hetta er mín nýggja súkkla og tín er gomul.", "fo"),
            ("Bidh math an-diugh, ach feumaidh sinn dhol dhachaigh.", "gd"),
            ("Despois da comida temos moito traballo na cociña.", "gl"),
            ("Kowé mbukak lawang iku, dhèwèké durung teka.", "jv"),
            ("Aqueth pan qu'ei hèra bon, mes lo vin que'm fa paur.", "oc"),
            ("Ertir şäherde gowy howa bolar diýip aýtdy.", "tk"),
            ("Бүген җылы, ә хәзер яңгыр ява.", "tt"),
        ] {
            assert_eq!(detector().detect(sentence).as_str(), tag, "{sentence}");
            assert_eq!(tags(sentence), [tag], "{sentence}");
        }
    }

    #[test]
    fn a_letter_tells_bengali_from_assamese_where_words_do_not() {
        for (sentence, tag) in [("আমার চাবি কোন ঘরে রেখেছি?", "bn"), ("মোৰ চাবি কোন কোঠাত আছে?", "as")]
        {
            assert_eq!(detector().detect(sentence).as_str(), tag, "{sentence}");
            assert_eq!(tags(sentence), [tag], "{sentence}");
        }
    }

    #[test]
    fn what_has_no_words_is_undetermined() {
        for text in [
            "",
            " \n\t",
            "12 345,67",
            "🐝🍯 → ✓",
            "?!… – «»",
            "\u{301}\u{200d}\0\u{feff}",
            "x1 2",
            "𐤀𐤁𐤂",
        ] {
            assert!(detector().detect(text).is_undetermined(), "{text:?}");
            assert_eq!(
                detector().detect_mixed(text),
                Detection::single(Language::undetermined()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_no_language_is_undetermined() {
        for text in ["xqzt wvrk pfgh bnmz", "lkjh"] {
            assert!(detector().detect(text).is_undetermined(), "{text}");
        }
    }

    #[test]
    fn the_languages_of_a_mixed_query_are_found() {
        for (query, main, other) in [
            ("recipe für glutenfreies bread ohne Hefe", "de", "en"),
            ("el vecino no me devuelve the ladder that I gave him", "es", "en"),
            ("pourquoi mon vélo rouille when I leave it in the yard", "en", "fr"),
            ("मेरी साइकिल में जंग क्यों लगता है after the rain", "hi", "en"),
            ("自転車がさびる理由 after the rain を教えてください", "ja", "en"),
            ("why does my bicycle rust когда идёт дождь", "en", "ru"),
            ("meri cycle mein zang kyun lagta hai when it is raining", "hi", "en"),
        ] {
            let mut found = tags(query);
            assert!(
                found.contains(&main.to_owned()) && found.contains(&other.to_owned()),
                "{query}: {found:?}"
            );
            found.sort();
            assert_eq!(found.len(), 2, "{query}: {found:?}");
        }
    }

    #[test]
    fn names_and_terms_do_not_make_a_query_mixed() {
        for (query, tag) in [
            ("Wer hat Romeo and Juliet auf Deutsch herausgegeben?", "de"),
            ("Wann wurde New York gegründet und von wem?", "de"),
            ("quand est mort le chanteur Michael Jackson", "fr"),
            ("cuándo nació el escritor William Shakespeare", "es"),
            ("iPhone の使い方", "ja"),
            ("как настроить Bluetooth на телефоне", "ru"),
            ("मेरा WhatsApp क्यों नहीं चल रहा है", "hi"),
        ] {
            assert_eq!(tags(query), [tag], "{query}");
        }
    }

    #[test]
    fn shares_sum_to_one_and_the_largest_comes_first() {
        let queries = SENTENCES.windows(2).map(|pair| format!("{} {}", pair[0].1, pair[1].1));
        for query in queries.chain(SENTENCES.iter().map(|(_, sentence)| (*sentence).to_owned())) {
            let detection = detector().detect_mixed(&query);
            let shares: Vec<f32> = detection.languages.iter().map(|share| share.share).collect();
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{query}: {shares:?}");
            assert!(shares.is_sorted_by(|one, next| one >= next), "{query}: {shares:?}");
            assert_eq!(detection.main(), &detection.languages[0].language);
        }
    }

    #[test]
    fn chinese_characters_alone_are_chinese_unless_a_form_is_japanese() {
        assert_eq!(tags("東京大学入学案内"), ["zh"]);
        assert_eq!(tags("東京駅時刻表"), ["ja"]);
        assert_eq!(tags("北京大学招生简章"), ["zh"]);
    }

    #[test]
    fn only_the_beginning_of_a_text_is_read() {
        let detector = detector();
        let sentence = "Der Nachbar hat seine Leiter gestern nicht zurückgebracht. ";
        let long = sentence.repeat(10_000_000 / sentence.len());
        let unbroken = "ü".repeat(5_000_000);
        let deep = "\u{301}".repeat(5_000_000);
        detector.detect_mixed(sentence);
        let start = Instant::now();
        assert_eq!(detector.detect(&long).as_str(), "de");
        assert_eq!(detector.detect_mixed(&long).main().as_str(), "de");
        for text in [&unbroken, &deep] {
            detector.detect(text);
            detector.detect_mixed(text);
        }
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }

    #[test]
    fn a_detector_may_be_shared_between_threads() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    assert_eq!(
                        detector().detect("Où est passée notre vieille échelle ?").as_str(),
                        "fr"
                    )
                });
            }
        });
    }
}
