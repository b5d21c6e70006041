from mlsearch_models.prepare import sentences


def test_full_stops_of_many_scripts_end_sentences():
    assert sentences.split("One bird sings. Does another? Yes!") == ["One bird sings.", "Does another?", "Yes!"]
    assert sentences.split("鳥が歌う。もう一羽もか？はい！") == ["鳥が歌う。", "もう一羽もか？", "はい！"]
    assert sentences.split("ወፍ ዘመረ። ሌላስ፧ አዎ።") == ["ወፍ ዘመረ።", "ሌላስ፧", "አዎ።"]
    assert sentences.split("पक्षी गाता है। दूसरा भी।") == ["पक्षी गाता है।", "दूसरा भी।"]
    assert sentences.split("هل يغني الطائر؟ نعم.") == ["هل يغني الطائر؟", "نعم."]


def test_a_closing_quote_stays_with_its_sentence():
    assert sentences.split("「歌う。」と言った。") == ["「歌う。」", "と言った。"]
    assert sentences.split('He said "no." Then he left.') == ['He said "no."', "Then he left."]


def test_abbreviations_and_numbers_do_not_end_sentences():
    assert sentences.split("Dr. J. Finch paid 3.50 on 5. May.") == ["Dr. J. Finch paid 3.50 on 5. May."]
    assert sentences.split("It weighs 12.\nThen more.") == ["It weighs 12.", "Then more."]


def test_long_thai_is_cut_at_spaces_and_short_thai_is_not():
    clause = "นกตัวหนึ่งร้องเพลงอยู่บนต้นไม้สูงใหญ่ใกล้บ้านของเราทุกเช้าก่อนพระอาทิตย์จะขึ้นมาส่องแสง"
    assert sentences.split(f"{clause} {clause} {clause}") == [clause] * 3
    assert sentences.split("นกร้อง ปลาว่าย") == ["นกร้อง ปลาว่าย"]


def test_spans_cover_all_but_white_space():
    text = "  First one.  Second one!\n\nA third\nand the last。Yes  "
    found = sentences.spans(text)
    covered = "".join(text[start:end] for start, end in found)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in zip(found, found[1:]))


def test_a_window_holds_whole_sentences_around_the_place():
    text = " ".join(f"Bird number {number} sings in its own tree." for number in range(100))
    place = text.index("number 50 ")
    sentence, window = sentences.around(text, place, 200)
    assert sentence == "Bird number 50 sings in its own tree."
    assert sentence in window and 150 < len(window) <= 200
    assert set(sentences.split(window)) <= set(sentences.split(text))


def test_a_sentence_longer_than_the_window_is_cut_around_the_place():
    text = "a" * 500 + "X" + "b" * 500
    sentence, window = sentences.around(text, 500, 100)
    assert sentence == window and "X" in window and len(window) == 100
