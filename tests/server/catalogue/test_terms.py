"""Terms of texts: what is one thing to a shopper is one term, for items and queries alike."""

import pytest

from server.catalogue.terms import MAX_QUERY_CHARS, MAX_WORDS, query_words, terms_of


def all_terms(text):
    return {term for word in query_words(text) for term in word.terms}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("64GB", "64 GB"),
        ("64gb", "0,064 TB"),
        ("0.5 l", "500 ml"),
        ("0,5 Liter", "50cl"),
        ("1.5kg", "1500 g"),
        ('55"', "55 zoll"),
        ("55-inch", "55in"),
        ("WH-1000XM4", "wh1000xm4"),
        ("Größe", "grosse"),
        ("ÉCLAIR", "eclair"),
        ("ｆｕｌｌ", "full"),
        ("shoes", "shoe"),
        ("dresses", "dress"),
        ("T-Shirt", "tshirt"),
        ("Levi's", "levis"),
        ("4006381333931", "04006381333931"),
    ],
)
def test_two_ways_of_writing_share_a_term(one, other):
    assert all_terms(one) == all_terms(other) != set()


@pytest.mark.parametrize(
    ("one", "other"), [("64gb", "64 g"), ("128gb", "64gb"), ("wh1000xm4", "wh1000xm3"), ("glass", "glas")]
)
def test_different_things_share_no_term(one, other):
    assert not all_terms(one) & all_terms(other)


@pytest.mark.parametrize("written", ["WH-1000XM4", "wh1000xm4", "wh 1000 xm4", "WH 1000 XM 4"])
def test_a_model_number_is_found_by_its_parts_however_it_is_split(written):
    assert {"wh", "1000", "xm", "4"} <= set(terms_of(written))


def test_scripts_without_spaces_give_pairs_of_letters():
    assert terms_of("東京タワー") == ["東京", "京タ", "タワ", "ワー"]
    assert set(terms_of("タワー")) <= set(terms_of("東京タワー"))
    assert len(terms_of("ผัดไทย")) > 2


@pytest.mark.parametrize("text", ["", "   ", "!?…—\u2028", "\0\0", "👟🔥", "\u200f", "'\"*:^()"])
def test_a_text_without_letters_and_digits_has_no_words(text):
    assert query_words(text) == []


def test_a_query_is_bounded():
    assert len(query_words(" ".join(f"w{i}" for i in range(1000)))) == MAX_WORDS
    assert len(query_words("x" * 100_000)[0].terms[0]) <= 40
    assert query_words("a" * MAX_QUERY_CHARS + " end")[0].text == "a" * MAX_QUERY_CHARS


@pytest.mark.parametrize("text", ['a" OR "b', "NEAR(a b)", "title:a", "a*", "-a", "a AND NOT b", "a'; DROP TABLE x"])
def test_terms_hold_nothing_that_a_query_language_knows(text):
    assert all(set(term) <= set("abcdefghijklmnopqrstuvwxyz0123456789.") for term in all_terms(text))
