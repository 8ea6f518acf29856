"""Tests of the visible-page readers beyond the page vectors."""

import pytest

from scraper.extraction.page import parse_page
from scraper.extraction.visible.address_code import query_code
from scraper.extraction.visible.elements import names_of, text_of
from scraper.extraction.visible.image_url import image_url

URL = "https://shop.example/p"


def test_texts_are_whole_over_comments_and_in_document_order():
    page = parse_page("<div><b>a<i>b</i></b>c<p>$<!-- -->12<!---->.50</p></div>d<!-- e --><script>f</script>", URL)
    assert [text.text for text in page.texts] == ["a", "b", "c", "$12.50", "d"]
    assert [text.element.tag for text in page.texts] == ["b", "i", "div", "p", "body"]


def test_unseen_elements_give_no_text():
    unread = "<noscript><p>b</p></noscript><svg><title>c</title></svg><select><option>d</option></select>"
    page = parse_page(f"<button>a {unread} e<textarea>f</textarea></button>", URL)
    assert text_of(page.root.find(".//button")) == "a e"
    assert [text.text for text in page.texts] == ["a", "e"]


def test_only_the_first_hundred_parameters_of_an_address_are_read():
    many = "&".join(f"a{n}=1" for n in range(99))
    assert query_code(f"{URL}?{many}&sku=A-17") == "A-17"
    assert query_code(f"{URL}?{many}&b=1&sku=A-17") is None


def test_an_element_is_named_by_class_id_and_test_names():
    page = parse_page('<p class="a  b" id="c" data-testid="d" data-other="e">x</p>', URL)
    assert names_of(page.root.find(".//p")).split() == ["a", "b", "c", "d"]
    assert page.named_elements[0][1].split() == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        ('srcset="/s.jpg 400w, /l.jpg 1200w, /m.jpg 800w" src="/x.jpg"', "/l.jpg"),
        ('srcset="/one.jpg,/two.jpg 2x"', "/one.jpg,/two.jpg"),
        ('srcset="/one.jpg 1x,/two.jpg 2x"', "/two.jpg"),
        ('srcset="/plain.jpg, /same.jpg 1x"', "/plain.jpg"),
        ('srcset="/one.jpg , /tall.jpg 300w 900h, /wide.jpg 301w"', "/wide.jpg"),
        ('srcset="," data-src="/late.jpg" src="/now.gif"', "/late.jpg"),
        ('src="/logo.svg?v=1"', None),
        ('srcset="' + "a" * 19_000 + ' x y"', None),
    ],
)
def test_image_url_is_the_widest_and_not_a_drawing(attributes, path):
    page = parse_page(f"<img {attributes}>", URL)
    assert image_url(page.soup.find("img"), page) == (path and f"https://shop.example{path}")
