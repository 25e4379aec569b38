"""What tests read in PDF files is all that stands there."""

import zlib
from itertools import count

from tests.pdf_text import pdf_says

FONT = b"beginbfchar <0001> <0041> <0002> <0042> endbfchar"


def file_with(packed: bytes, end: bytes) -> bytes:
    streams = (zlib.compress(FONT), packed)
    return b"%PDF-1.7\n" + b"".join(b"<<>>\nstream\n" + one + end + b"endstream\n" for one in streams)


def test_a_text_is_read_whatever_byte_its_data_end_with() -> None:
    texts = (zlib.compress(b"[<0001>-12<0002>] TJ %d" % number) for number in count())
    ends_like_a_line = next(packed for packed in texts if packed.endswith(b"\r"))
    for packed in (zlib.compress(b"[<00010002>] TJ"), ends_like_a_line):
        for end in (b"\n", b"\r\n"):
            assert pdf_says(file_with(packed, end), "AB")
    assert not pdf_says(file_with(zlib.compress(b"[<00010001>] TJ"), b"\n"), "AB")
