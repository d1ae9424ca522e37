"""The one spelling of an origin: the template's patterns, and the layer that refuses the same."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from checkout.errors import Misconfigured
from checkout.settings import ORIGIN, RETURN_URL, Settings, origin
from tests.support.documents import Json
from tests.support.samples import sample
from tests.support.stack import ENVIRONMENT, load_template

PARAMETERS: Json = load_template()["Parameters"]
ORIGIN_PATTERN: str = PARAMETERS["AllowedOrigins"]["AllowedPattern"]

AS_BROWSERS_SEND_THEM = [
    "https://shop.example",
    "https://www.my-shop.co.example",
    "https://xn--mnchen-3ya.example",
    "https://3shops.example",
    "https://shop.example:8443",
    "https://shop.example:4430",
    "https://shop.example:80",
    "https://shop.example:65535",
    "https://intranet",
    "https://192.0.2.1",
    "https://localhost:3000",
    "https://[::1]:3000",
    "http://localhost",
    "http://localhost:3000",
    "http://127.0.0.1:8080",
    "http://127.0.0.1:443",
    "http://[::1]",
    "http://[::1]:5173",
]
OTHERWISE = [
    "",
    "*",
    "null",
    "shop.example",
    "https://",
    "https://*",
    "https://*.shop.example",
    "https://shop.example/",
    "https://shop.example/cart",
    "https://shop.example?",
    "https://shop.example#",
    "https://Shop.Example",
    "HTTPS://shop.example",
    "https://shop.example:443",
    "https://shop.example:0443",
    "https://shop.example:0",
    "https://shop.example:65536",
    "https://shop.example:99999",
    "https://shop.example:123456",
    "https://shop.example:",
    "https://shop.example:port",
    " https://b.example",
    "https://b.example ",
    "https://b.example\n",
    "https://b.example\t",
    "https://b .example",
    "https://ada@shop.example",
    "https://ada:secret@shop.example",
    "https://shop.example.",
    "https://.shop.example",
    "https://shop..example",
    "https://-shop.example",
    "https://shop-.example",
    "https://shop.example-",
    "https://münchen.example",
    "https://shop.example,https://b.example",
    f"https://{'a' * 64}.example",
    # Browsers read these as IPv4 addresses, or refuse them.
    "https://1",
    "https://127.1",
    "https://192.0.2.256",
    "https://192.0.02.1",
    "https://0x7f.1",
    "https://[::2]",
    "https://[0:0:0:0:0:0:0:1]",
    "https:shop.example",
    "https:///shop.example",
    "//shop.example",
    "ftp://shop.example",
    "file://",
    "chrome-extension://abcdefghijklmnop",
    "http://shop.example",
    "http://localhost:80",
    "http://localhost.",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.2",
    "http://localhost:3000/",
    "http://LOCALHOST:3000",
]


def layer_takes_origin(text: str) -> bool:
    """Beside the origin of the default URLs, which is on the list as it must be."""
    environment = ENVIRONMENT | {"ALLOWED_ORIGINS": f"https://shop.example,{text}"}
    try:
        settings = Settings.from_environment(environment)
    except Misconfigured:
        return False
    assert settings.allowed_origins == {"https://shop.example", text}
    return True


def browsers_send(text: str) -> bool:
    """Ask a URL parser, which knows nothing of the pattern."""
    try:
        parts = urlsplit(text)
        if origin(text) != text or parts.port == 0:
            return False
    except ValueError:
        return False
    if parts.scheme == "http":
        return parts.hostname in ("localhost", "127.0.0.1", "::1")
    host = parts.hostname or ""
    if host == "::1":
        return True
    labels = host.split(".")
    if all(label.isdecimal() and str(int(label)) == label for label in labels):
        return len(labels) == 4 and all(int(label) <= 255 for label in labels)
    named = all(re.fullmatch("[a-z0-9-]{1,63}", label) for label in labels)
    bounded = all(label[:1] != "-" and label[-1:] != "-" for label in labels)
    return named and bounded and not labels[-1][0].isdecimal()


@pytest.mark.parametrize("text", AS_BROWSERS_SEND_THEM)
def test_what_browsers_send_is_an_allowed_origin(text: str) -> None:
    assert re.fullmatch(ORIGIN_PATTERN, text)
    assert layer_takes_origin(text)
    assert browsers_send(text)


@pytest.mark.parametrize("text", OTHERWISE)
def test_what_browsers_do_not_send_is_refused(text: str) -> None:
    # CloudFormation wants the whole value to match; searching must not find more.
    assert re.search(ORIGIN_PATTERN.removesuffix("$") + r"\Z", text) is None
    assert "," in text or not layer_takes_origin(text)


def test_the_template_and_the_layer_have_one_pattern() -> None:
    assert f"^{ORIGIN}$" == ORIGIN_PATTERN
    for name in ("DefaultSuccessUrl", "DefaultCancelUrl"):
        assert PARAMETERS[name]["AllowedPattern"] == f"^{RETURN_URL}$"


SCHEMES = st.sampled_from(["https://", "http://", "HTTPS://", "https:", "ftp://", "", " https://"])
LABELS = st.sampled_from(
    ["shop", "example", "xn--p1ai", "a", "Shop", "-a", "a-", "3", "256", "0", "01", "", "ü", "a_b"]
) | st.text("ab-0129.", max_size=5)
HOSTS = st.sampled_from(["localhost", "127.0.0.1", "[::1]", "[::2]", "*"]) | st.lists(
    LABELS, min_size=1, max_size=4
).map(".".join)
PORTS = (
    st.just("")
    | st.sampled_from([":", ":0", ":080", ":+443", ":8 0"])
    | st.integers(0, 70_000).map(":{}".format)
    | st.sampled_from([":80", ":443", ":3000", ":65535", ":65536"])
)
ENDS = st.sampled_from(["", "", "", "", "/", "/a", "?", "#", " ", "\n", "@b.example", "\\"])
NEAR_MISSES = st.builds("".join, st.tuples(SCHEMES, HOSTS, PORTS, ENDS))
EDITED = st.builds(
    lambda text, at, put: text[: at % len(text)] + put + text[at % len(text) + 1 :],
    st.sampled_from(AS_BROWSERS_SEND_THEM),
    st.integers(0, 100),
    st.sampled_from([*"aA0:./-_ @?#[]%\n", ""]),
)


@hypothesis_settings(max_examples=sample(some=300, all=3000), deadline=None)
@given(st.sampled_from(AS_BROWSERS_SEND_THEM) | NEAR_MISSES | EDITED | st.text(max_size=30))
@example("https://shop.example:443")
def test_template_layer_and_browsers_agree_on_any_string(text: str) -> None:
    by_pattern = re.fullmatch(ORIGIN_PATTERN.removeprefix("^").removesuffix("$"), text) is not None
    assert by_pattern == browsers_send(text)
    if "," not in text:
        assert by_pattern == layer_takes_origin(text)


@hypothesis_settings(max_examples=sample(some=100, all=500), deadline=None)
@given(
    st.sampled_from(["https://shop.example", "http://localhost:3000"]),
    st.sampled_from(["", "/", "?", "#", ":443/", ".", "@", " ", "\\", "//"]),
    st.text("az09-._~:/?#[]@!$&'()*+,;=%{} \\\"<>^`|é\n", max_size=12),
)
def test_the_default_urls_are_on_an_allowed_origin_as_it_is_spelled(
    start: str, sign: str, rest: str
) -> None:
    url = start + sign + rest
    by_pattern = re.fullmatch(RETURN_URL, url) is not None and url.startswith(
        (f"{start}/", f"{start}?", f"{start}#")
    )
    try:
        Settings.from_environment(ENVIRONMENT | {"DEFAULT_SUCCESS_URL": url})
    except Misconfigured:
        assert not by_pattern or url == start
    else:
        assert by_pattern or url == start
