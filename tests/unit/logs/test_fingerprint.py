"""The fingerprint tells content apart, not names."""

import pytest

from featsel.logs import fingerprint as module
from featsel.logs.fingerprint import fingerprint


@pytest.fixture(params=[1 << 20, 100], ids=["hashed whole", "hashed in blocks"])
def write(request, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WHOLE_FILE_BYTES", request.param)
    monkeypatch.setattr(module, "SAMPLED_BLOCK_BYTES", 64)

    def write(name, content):
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


CONTENT = bytes(range(256)) * 1000


def test_names_do_not_count(write):
    assert fingerprint([write("a", CONTENT)]) == fingerprint([write("b", CONTENT)])


@pytest.mark.parametrize("other", [CONTENT + b"x", CONTENT[:-1], b"x" + CONTENT[1:], CONTENT[:-1] + b"x"])
def test_content_counts(write, other):
    assert fingerprint([write("a", CONTENT)]) != fingerprint([write("b", other)])


def test_order_and_cuts_count(write):
    a, b, ab = write("a", b"a" * 500), write("b", b"b" * 500), write("ab", b"a" * 500 + b"b" * 500)
    assert len({fingerprint(paths) for paths in ([a, b], [b, a], [ab])}) == 3


def test_the_form_is_fixed(write):
    digest = fingerprint([write("a", b"")])
    assert digest == "sha256:af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"


def test_of_a_url_the_text_counts():
    assert fingerprint(["s3://b/a"]) != fingerprint(["s3://b/c"])
