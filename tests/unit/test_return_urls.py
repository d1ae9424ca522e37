from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.return_urls import TEMPLATE, on_allowed_origin, with_session_id

ALLOWED = frozenset({"https://shop.example", "http://localhost:3000", "http://[::1]:3000"})


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example/thanks?order=7#top",
        "https://shop.example:443/thanks",
        "https://SHOP.example/thanks",
        "HTTPS://shop.example/thanks",
        "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
        "https://shop.example/%F0%9F%8D%B0?next=https://shop.example/@ada",
        "http://localhost:3000/thanks",
        "http://[::1]:3000/thanks",
    ],
)
def test_a_frontends_own_address_is_allowed_as_it_is(url: str) -> None:
    assert on_allowed_origin(url, ALLOWED) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example:80",
        "http://localhost",
        "http://localhost:30000",
        "https://evil.shop.example",
        "https://shop.example.evil.example",
        "https://shop.examplee",
        "https://evil-shop.example",
        "https://shop.example.",
        "https://shop.example%2eevil.example",
        "https://shop%2eexample.evil.example",
        "https://evil.example#@shop.example",
        "https://evil.example?https://shop.example",
        "http://[::2]:3000",
        "http://[::ffff:127.0.0.1]:3000",
        "https://{CHECKOUT_SESSION_ID}.shop.example",
    ],
)
def test_another_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="allowed origins"):
        on_allowed_origin(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example@evil.example",
        "https://shop.example:443@evil.example/",
        "https://ada@shop.example",
        "https://ada:secret@shop.example",
    ],
)
def test_a_user_name_or_password_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="user name"):
        on_allowed_origin(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://shop.example\\@evil.example",
        "https://evil.example\\.shop.example",
        "https:\\\\shop.example",
        "https://shop.example\t.evil.example",
        "https://shop.example/\nLocation: https://evil.example",
        "https://shop.example/\r\n",
        " https://shop.example",
        "https://shop.example ",
        "https://shop.example/a b",
        "https://shop.example/\x00",
        "https://shop.example/\x7f",
        "https://\N{CYRILLIC SMALL LETTER DZE}hop.example",
        "https://shop。example",
        "https://shop.example/Ω",
        "https://shop.example/<script>",
        'https://shop.example/"',
    ],
)
def test_what_browsers_may_read_differently_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        on_allowed_origin(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "//shop.example",
        "/thanks",
        "thanks",
        "https:shop.example",
        "https:///shop.example",
        "javascript:alert(1)//https://shop.example",
        "data:text/html,https://shop.example",
        "ftp://shop.example",
        "https://",
        "https://:443",
    ],
)
def test_what_is_no_absolute_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="absolute http or https"):
        on_allowed_origin(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "https://[::1",
        "https://[shop.example]",
        "https://shop.example:99999",
        "https://a:b",
        "http://evil.example[::1]:3000/",
    ],
)
def test_what_cannot_be_parsed_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        on_allowed_origin(url, ALLOWED)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example", f"https://shop.example?session_id={TEMPLATE}"),
        ("https://shop.example/thanks", f"https://shop.example/thanks?session_id={TEMPLATE}"),
        ("https://shop.example/?a=b", f"https://shop.example/?a=b&session_id={TEMPLATE}"),
        ("https://shop.example/#top", f"https://shop.example/?session_id={TEMPLATE}#top"),
        ("https://shop.example/?a=b#t", f"https://shop.example/?a=b&session_id={TEMPLATE}#t"),
        (
            "https://shop.example/?my_session_id=1",
            f"https://shop.example/?my_session_id=1&session_id={TEMPLATE}",
        ),
    ],
)
def test_the_session_id_is_added_before_the_fragment(url: str, expected: str) -> None:
    assert with_session_id(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        f"https://shop.example/?session_id={TEMPLATE}",
        f"https://shop.example/?id={TEMPLATE}&a=b",
        f"https://shop.example/orders/{TEMPLATE}",
        f"https://shop.example/#/thanks?session_id={TEMPLATE}",
    ],
)
def test_an_address_that_has_the_template_is_left_alone(url: str) -> None:
    assert with_session_id(url) == url


@pytest.mark.parametrize("encoded", ["%7BCHECKOUT_SESSION_ID%7D", "%7bCHECKOUT_SESSION_ID%7d"])
def test_an_encoded_template_is_decoded_for_stripe_to_see(encoded: str) -> None:
    url = with_session_id(f"https://shop.example/?session_id={encoded}&next=%7B%7D")
    assert url == f"https://shop.example/?session_id={TEMPLATE}&next=%7B%7D"


@pytest.mark.parametrize("query", ["session_id=", "session_id", "session_id=7", "a=b&session_id=7"])
def test_a_session_id_that_stripe_would_not_replace_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="session_id must be"):
        with_session_id(f"https://shop.example/?{query}")


@given(
    st.from_regex(
        r"https://shop\.example(/[a-z0-9]{0,9}){0,3}(\?[a-z]=[a-z0-9%&=]{0,9})?(#[a-z/]{0,9})?",
        fullmatch=True,
    )
)
def test_adding_the_session_id_changes_nothing_else(url: str) -> None:
    before, after = urlsplit(url), urlsplit(with_session_id(url))
    assert parse_qs(after.query)["session_id"] == [TEMPLATE]
    assert after.query.startswith(before.query)
    assert after._replace(query="") == before._replace(query="")
    assert with_session_id(after.geturl()) == after.geturl()
