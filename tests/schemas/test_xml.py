# SPDX-License-Identifier: Apache-2.0
"""The parser and its gate: whatever comes in, only `XmlRefused` comes out."""

import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schemas import xml
from schemas.markup import NAMESPACE
from schemas.xml import MAX_PAYLOAD, XmlFault, XmlRefused, parse
from tests.schemas.samples import TYPES, sample

ROOT = f'<permit_notice xmlns="{NAMESPACE}">'
END = "</permit_notice>"


def around(inside: str) -> bytes:
    return f"{ROOT}{inside}{END}".encode()


def fault(data: bytes) -> XmlFault:
    with pytest.raises(XmlRefused) as caught:
        parse(data)
    return caught.value.code


def test_every_sample_parses_to_its_root() -> None:
    assert [xml.root_name(parse(sample(name))) for name in TYPES] == list(TYPES)


# -- encodings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "declaration",
    [
        '<?xml version="1.0"?>',
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n",
    ],
)
def test_a_declaration_of_utf8_is_taken(declaration: str) -> None:
    assert parse(declaration.encode() + around("")) is not None


@pytest.mark.parametrize(
    "declaration",
    [
        '<?xml version="1.1"?>',
        '<?xml version="1.0" encoding="Shift_JIS"?>',
        '<?xml version="1.0" encoding="UTF-16"?>',
        '<?xml version="1.0" encoding="UTF-7"?>',
        '<?xml encoding="UTF-8"?>',
        "<?xml?>",
        '<?xml version="1.0" ',
    ],
)
def test_a_declaration_of_anything_else_is_refused(declaration: str) -> None:
    assert fault(declaration.encode() + around("")) is XmlFault.NOT_UTF8


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp932"]
)
def test_another_encoding_is_refused(encoding: str) -> None:
    data = f'<permit_notice xmlns="{NAMESPACE}">関所</permit_notice>'.encode(encoding)
    assert fault(data) is XmlFault.NOT_UTF8


def test_ebcdic_is_not_guessed() -> None:
    assert fault(around("").decode().encode("cp037")) is XmlFault.NOT_UTF8


@pytest.mark.parametrize(
    "bad", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\0"]
)
def test_bytes_that_are_not_utf8_text_are_refused(bad: bytes) -> None:
    assert fault(around("x").replace(b"x<", bad + b"<")) is XmlFault.NOT_UTF8


# -- size and depth ------------------------------------------------------------------


def test_a_byte_over_the_limit_is_refused_unread() -> None:
    filler = "a" * (MAX_PAYLOAD - len(around("")))
    assert len(around(filler)) == MAX_PAYLOAD
    assert parse(around(filler)) is not None
    assert fault(around(filler + "a")) is XmlFault.TOO_LARGE
    assert fault(b"<" * (MAX_PAYLOAD + 1)) is XmlFault.TOO_LARGE


def test_a_caller_may_set_a_lower_limit() -> None:
    with pytest.raises(XmlRefused):
        parse(around(""), limit=len(around("")) - 1)


def test_deep_nesting_is_refused() -> None:
    deep = "<entry>" * 300 + "</entry>" * 300
    assert fault(around(deep)) is XmlFault.TOO_DEEP


# -- document types, entities --------------------------------------------------------


def _laughs() -> str:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE permit_notice [<!ENTITY l0 "ha">{levels}]>{ROOT}&l9;{END}'


def test_a_billion_laughs_are_refused_as_a_document_type() -> None:
    assert fault(_laughs().encode()) is XmlFault.DOCTYPE


def test_a_quadratic_bomb_is_refused_as_a_document_type() -> None:
    bomb = f'<!DOCTYPE a [<!ENTITY x "{"a" * 50_000}">]>{ROOT}{"&x;" * 5_000}{END}'
    assert fault(bomb.encode()) is XmlFault.DOCTYPE


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE permit_notice>",
        "<!doctype permit_notice>",
        '<!DOCTYPE permit_notice SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]>',
    ],
)
def test_no_document_type_reaches_the_parser(doctype: str) -> None:
    assert fault(doctype.encode() + around("")) is XmlFault.DOCTYPE


def test_an_external_entity_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    assert fault(f"{entity}{ROOT}&x;{END}".encode()) is XmlFault.DOCTYPE


def test_the_second_lock_sees_a_document_type_too() -> None:
    with pytest.raises(XmlRefused) as caught:
        xml._refuse_doctype(etree.fromstring(b"<!DOCTYPE a><a/>"))
    assert caught.value.code is XmlFault.DOCTYPE


@pytest.mark.parametrize("reference", ["&x;", "&", "&nbsp;", "&#;", "&#x;", "&amp"])
def test_an_entity_that_xml_does_not_define_is_refused(reference: str) -> None:
    assert fault(around(reference)) is XmlFault.ENTITY


def test_references_that_xml_defines_are_read() -> None:
    root = parse(around("&amp;&lt;&gt;&quot;&apos;&#x20BB7;&#31070;"))
    assert root.text == "&<>\"'\U00020bb7神"


@pytest.mark.parametrize("number", ["#0", "#x1F", "#xD800", "#xFFFE", "#x110000"])
def test_a_reference_to_no_character_of_xml_is_refused(number: str) -> None:
    assert fault(around(f"&{number};")) is XmlFault.MALFORMED


# -- markup --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inside",
    [
        "<!-- a comment -->",
        "<![CDATA[x]]>",
        "<?x y?>",
        '<entry a="1"/>',
        '<entry xml:space="preserve"/>',
        '<entry xmlns="urn:other"/>',
        '<entry xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>',
        "<entry \n\t\n/>".replace("entry ", "entry>" + " \n" * 20 + "<entry "),
    ],
)
def test_markup_that_no_payload_needs_is_refused(inside: str) -> None:
    assert fault(around(inside)) is XmlFault.MARKUP


@pytest.mark.parametrize("inside", ["<unheard_of/>", "<p:entry/>", "< entry/>", "<>"])
def test_an_element_that_no_schema_declares_is_refused(inside: str) -> None:
    assert fault(around(inside)) is XmlFault.UNKNOWN_ELEMENT


@pytest.mark.parametrize(
    "data",
    [
        b"<permit_notice/>",
        b'<permit_notice xmlns="urn:x-sekisho:payload:2"/>',
        f'<p:permit_notice xmlns:p="{NAMESPACE}"/>'.encode(),
        f'<permit_notice xmlns="{NAMESPACE}" a="1"/>'.encode(),
        f'<unheard_of xmlns="{NAMESPACE}"/>'.encode(),
    ],
)
def test_a_root_that_is_not_ours_is_refused(data: bytes) -> None:
    assert fault(data) is XmlFault.WRONG_ROOT


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"<",
        b">",
        ROOT.encode(),
        around("<entry>"),
        around("</entry>"),
        around("") + b"<entry/>",
        around("") + b"x",
        b"x" + around(""),
        around("\x01"),
        around("\ufffe"),
        around("]]>"),
    ],
)
def test_what_is_not_well_formed_is_refused(data: bytes) -> None:
    assert fault(data) is XmlFault.MALFORMED


def test_spaces_inside_tags_and_an_indent_are_taken() -> None:
    data = (
        f"<permit_notice \n xmlns = '{NAMESPACE}' >\r\n"
        f"{' ' * 70}<permit_digest\t>x</permit_digest \n>\n\t\t<entry />\n"
        "</permit_notice>"
    )
    assert parse(data.encode()) is not None


def test_words_that_the_parser_would_keep_for_ever_never_reach_it() -> None:
    """Names, namespaces, entities and blanks stay in libxml2's dictionary."""
    new = secrets.token_hex(8).translate(str.maketrans("0123456789", "ghijklmnop"))
    blank = f"<entry>{' ' * 20}{chr(10)} <entry>"
    words = [f"<{new}/>", f"&{new};", f"<?{new}?>", f'<entry xmlns="{new}"/>', blank]
    kept = {XmlFault.UNKNOWN_ELEMENT, XmlFault.ENTITY, XmlFault.MARKUP}
    assert {fault(around(word)) for word in words} == kept
    assert fault(f"{ROOT}<{new}".encode()) is XmlFault.MALFORMED


# -- anything ------------------------------------------------------------------------


def only_its_own_error(data: bytes) -> None:
    """Passes or raises `XmlRefused`; anything else fails the test."""
    try:
        parse(data)
    except XmlRefused as error:
        refused = error
    else:
        return
    # Nothing hangs on it that would quote the document in a crash report.
    assert refused.__cause__ is None
    assert refused.__context__ is None


@given(st.binary(max_size=200))
def test_any_bytes_give_only_the_rooms_own_error(data: bytes) -> None:
    only_its_own_error(data)


@given(st.text(max_size=100))
def test_any_text_gives_only_the_rooms_own_error(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    only_its_own_error(data)
    only_its_own_error(ROOT.encode() + data + END.encode())


@given(st.sampled_from(TYPES), st.data())
def test_a_sample_cut_doubled_or_flipped_gives_only_it(
    name: str, draw: st.DataObject
) -> None:
    data = sample(name)
    at = draw.draw(st.integers(0, len(data.rstrip()) - 1))
    byte = draw.draw(st.integers(0, 255))
    assert fault(data[:at]) in set(XmlFault)
    assert fault(data + data) in set(XmlFault)
    only_its_own_error(data[:at] + bytes([byte]) + data[at + 1 :])
    only_its_own_error(data[:at] + bytes([byte]) + data[at:])
    only_its_own_error(data[:at] + data[: at + 1])
