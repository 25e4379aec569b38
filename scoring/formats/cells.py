"""Plain cells on a pipe, from the process that met the hostile file to the process that holds the truth.

    magic, 32 bytes of digest of the contract, cells, end mark, end of file

raster  for each scene of the contract in its order, for each band of rows from the top: one byte a cell, the index of
        its class in the contract. Nothing says how long anything is: both sides know it from the contract.
table   chunks of at most CHUNK_ROWS rows: their number (uint32), then each column of the contract in its order:
        integers and numbers as 8 bytes, texts as uint16 lengths followed by the texts in UTF-8. A chunk of 0 rows ends.

All numbers are little-endian. The reader trusts nothing: the writer may have been taken over by the file that it read.
It never allocates more than a chunk because the stream says so, and the end mark is only written once the whole file
was found valid; a stream without it is no prediction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import Contract, Field, Scene, contract_digest
from scoring.errors import BrokenStream

MAGIC: Final = b"TIDEMARK CELLS 1\n"
END: Final = b"END OF CELLS\n"
BAND_ROWS: Final = 512
MAX_BAND_CELLS: Final = 16 * 1024 * 1024
CHUNK_ROWS: Final = 65_536
MAX_TEXT_BYTES: Final = 255
Bytes = npt.NDArray[np.uint8]
Texts = npt.NDArray[np.bytes_]
Column = npt.NDArray[np.float64] | npt.NDArray[np.int64] | Texts


def band_rows(scene: Scene) -> int:
    """Rows of a band: a power of two up to 512, so that a band never straddles two blocks of 512 rows."""
    rows = BAND_ROWS
    while rows > 1 and rows * scene.width > MAX_BAND_CELLS:
        rows //= 2
    return rows


def bands(scene: Scene) -> Iterator[tuple[int, int]]:
    """(first row, row after the last) of each band."""
    step = band_rows(scene)
    for start in range(0, scene.height, step):
        yield start, min(start + step, scene.height)


class CellWriter:
    """Writes the stream. Nothing is buffered here; `stream` may be a raw pipe."""

    def __init__(self, stream: BinaryIO, contract: Contract) -> None:
        self._stream = stream
        self.write(MAGIC + contract_digest(contract))

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        while view:
            written = self._stream.write(view)
            view = view[written:]

    def write_band(self, band: Bytes) -> None:
        self.write(np.ascontiguousarray(band).data.cast("B"))

    def write_chunk(self, columns: Sequence[Column]) -> None:
        """Columns of one length, 1 to CHUNK_ROWS."""
        self.write(np.uint32(len(columns[0])).tobytes())
        for column in columns:
            if column.dtype.kind == "S":
                self.write(_packed(column.astype(np.bytes_, copy=False)))
            else:
                self.write(column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes())

    def end_table(self) -> None:
        self.write(np.uint32(0).tobytes())

    def finish(self) -> None:
        self.write(END)
        self._stream.flush()


class CellReader:
    """Reads the stream. Every method raises BrokenStream when it is not as expected."""

    def __init__(self, stream: BinaryIO, contract: Contract) -> None:
        self._stream = stream
        if self.read(len(MAGIC)) != MAGIC:
            raise BrokenStream("the stream does not begin as a stream of cells")
        if self.read(32) != contract_digest(contract):
            raise BrokenStream("the cells were made for another contract")

    def read(self, size: int) -> bytes:
        buffer = bytearray(size)
        self.read_into(memoryview(buffer))
        return bytes(buffer)

    def read_into(self, view: memoryview) -> None:
        """Fill a buffer of ours to its end."""
        view = view.cast("B")
        while view:
            count = self._stream.readinto(view)  # type: ignore[attr-defined]
            if not count:
                raise BrokenStream("the stream of cells ended early")
            view = view[count:]

    def read_chunk(self, fields: Sequence[Field]) -> list[Column] | None:
        """The next rows, or None at the end of the table."""
        rows = int(np.frombuffer(self.read(4), "<u4")[0])
        if rows > CHUNK_ROWS:
            raise BrokenStream(f"a chunk of {rows} rows; at most {CHUNK_ROWS} are possible")
        return [self._read_column(field, rows) for field in fields] if rows else None

    def _read_column(self, field: Field, rows: int) -> Column:
        if field.type == "integer":
            return np.frombuffer(self.read(rows * 8), "<i8").astype(np.int64, copy=False)
        if field.type == "number":
            numbers = np.frombuffer(self.read(rows * 8), "<f8").astype(np.float64, copy=False)
            if not np.isfinite(numbers).all():
                raise BrokenStream("a number that is not finite")
            return numbers
        return self._read_texts(rows)

    def _read_texts(self, rows: int) -> Texts:
        lengths = np.frombuffer(self.read(rows * 2), "<u2").astype(np.int64)
        if lengths.max() > MAX_TEXT_BYTES:
            raise BrokenStream(f"a text of {lengths.max()} bytes; at most {MAX_TEXT_BYTES} are possible")
        payload = self.read(int(lengths.sum()))
        if b"\0" in payload:
            raise BrokenStream("a text with a NUL character")
        return padded(payload, lengths)

    def finish(self) -> None:
        """Exactly the end mark, and then the end of the file."""
        if self.read(len(END)) != END:
            raise BrokenStream("the end mark is missing")
        if self._stream.read(1):
            raise BrokenStream("there is more after the end mark")


# -- texts ------------------------------------------------------------------------------------------------------------


def padded(payload: bytes | memoryview, lengths: npt.NDArray[Any]) -> Texts:
    """Texts that stand one after another, as an array of one width. There is no NUL in them. Shapes: lengths (rows,)"""
    width = max(1, int(lengths.max(initial=0)))
    letters = np.frombuffer(payload, np.uint8)
    if len(letters) == width * len(lengths):
        return letters.view(f"S{width}")
    cells = np.zeros((len(lengths), width), np.uint8)
    cells[np.arange(width) < lengths[:, None]] = letters
    return cells.view(f"S{width}").ravel()


def _packed(texts: Texts) -> bytes:
    """Lengths (uint16) and then the texts one after another."""
    lengths = np.strings.str_len(texts)
    cells = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), -1)
    letters = cells[np.arange(cells.shape[1]) < lengths[:, None]]
    return lengths.astype("<u2").tobytes() + letters.tobytes()
