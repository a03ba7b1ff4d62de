"""Text files: which encoding, and a copy in UTF-8.

UTF-8 is what decodes as UTF-8, from the first byte to the last. Otherwise only what is certain is
converted: UTF-16 and UTF-32 by their byte order mark or their pattern of NUL bytes, and Western
European cp1252 when its text reads like text. Anything else is rejected, with the command to
convert it.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import shutil
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import charset_normalizer

from first_light.ingest.containers import CHUNK, DataFile, open_gzip
from first_light.utils.errors import DataopsError

SAMPLE = 1 << 20
_EVIDENCE = 1 << 18
# Of DOS and of the Macintosh before Unicode, as exports of old systems are written.
_OLD_WESTERN = ("cp850", "macintosh")
_WITHIN_WORDS = "’‘´·–—\xa0…"  # signs that stand between letters in Western text
_NEVER_IN_WORDS = "¤¥¦§¨"  # lead bytes of Chinese, read as Western text
_EURO = re.compile("[0-9][ \xa0]?¤|¤[ \xa0]?[0-9]")  # where cp1252 has another sign
_GARBLED = re.compile(
    r"\w*(?:Ã[\u0080-\u00bf\u0152-\u0178\u2013-\u2122]|â€[\u0080-\u00bf\u0152-\u0178\u2013-\u2122])\w*"
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Text:
    """What one pass over a text file found.

    Attributes:
        encoding: a Python codec; `utf-8` and `utf-8-sig` need no conversion.
        sample: the first mebibyte or so, decoded, cut at the last whole line.
        whole: whether `sample` is the whole file.
        mixed_ends: whether lines end in different ways, in or outside of quotes.
        empty: whether there is nothing but white space.
    """

    encoding: str
    sample: str
    whole: bool
    mixed_ends: bool
    empty: bool


def open_bytes(path: Path, gzipped: bool, place: str) -> IO[bytes]:
    """Opens a plain or gzipped file for reading bytes."""
    if gzipped:
        return open_gzip(path, place)
    return path.open("rb")


def examine(data_file: DataFile) -> Text:
    """Reads a text file once, in chunks.

    Raises:
        DataopsError: when the encoding is unknown or mixed, or the file holds NUL bytes.
    """
    with open_bytes(data_file.path, data_file.gzipped, data_file.place) as file:
        head = file.read(SAMPLE)
        encoding = _marked(head)
        scan = _Scan(data_file.place)
        if encoding in (None, "utf-8-sig"):
            chunk = head
            while chunk:
                scan.take(chunk)
                chunk = file.read(CHUNK)
            scan.finish()
    if encoding is None:
        encoding = "utf-8" if scan.valid else _western(scan, data_file.place)
    whole = len(head) < SAMPLE
    try:
        sample = codecs.getincrementaldecoder(encoding)().decode(head, final=whole)
    except UnicodeDecodeError as error:
        raise _undecodable(data_file.place, encoding) from error
    if not whole:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    wide = encoding.startswith(("utf-16", "utf-32"))
    mixed = _mixed(sample) if wide else scan.mixed_ends
    return Text(encoding, sample, whole, mixed, not sample.strip("\ufeff \t\r\n") and whole)


def garbled(sample: str) -> str:
    """A word that was UTF-8 and decoded as cp1252 once, such as MÃ¼ller; empty without any."""
    if "\u00c3" not in sample and "\u00e2\u20ac" not in sample:
        return ""
    match = _GARBLED.search(sample)
    return match[0] if match else ""


def copy(
    data_file: DataFile,
    target: Path,
    encoding: str,
    *,
    drop_lines: int = 0,
    header: str = "",
    line_ends: bool = False,
    drop_mark: bool = False,
    may_move: bool = False,
) -> None:
    """Copies a text file to `target` as UTF-8; byte for byte when nothing is asked for.

    Args:
        data_file: the file.
        target: where the copy goes; gzipped when the file is.
        encoding: the encoding of the file.
        drop_lines: how many lines at the top to leave out.
        header: a line to write before the first one, without line end.
        line_ends: whether to end every line in `\\n`.
        drop_mark: whether to leave out a byte order mark.
        may_move: whether an unpacked file may be moved in place of a copy.
    """
    marked = encoding == "utf-8-sig" and (drop_mark or drop_lines or header or line_ends)
    if encoding.startswith("utf-8") and not (drop_lines or header or line_ends or marked):
        copy_bytes(data_file, target, may_move)
        return
    with (
        open_bytes(data_file.path, data_file.gzipped, data_file.place) as source,
        create(target, data_file.gzipped) as sink,
    ):
        text = io.TextIOWrapper(source, encoding, newline=None if line_ends else "")
        try:
            for _ in range(drop_lines):
                text.readline()
            if header:
                sink.write(header.encode() + b"\n")
            while chunk := text.read(CHUNK):
                sink.write(chunk.encode())
        except UnicodeDecodeError as error:
            raise _undecodable(data_file.place, encoding) from error


def without_line_quotes(data_file: DataFile, target: Path, encoding: str) -> Path:
    """Writes a file whose every line is in quotes without these, in its encoding."""
    with (
        open_bytes(data_file.path, data_file.gzipped, data_file.place) as source,
        target.open("w", encoding=encoding, newline="") as sink,
    ):
        for line in io.TextIOWrapper(source, encoding):
            plain = line.rstrip("\n")
            if len(plain) > 1 and plain[0] == plain[-1] == '"':
                plain = plain[1:-1].replace('""', '"')
            sink.write(f"{plain}\n")
    return target


def cut_last_lines(path: Path, count: int) -> None:
    """Cuts lines off the end of a landed file, gzipped or not."""
    gzipped = path.suffix == ".gz"
    kept = path.with_name(f"{path.name}.kept")
    waiting: deque[bytes] = deque()
    with open_bytes(path, gzipped, path.name) as source, create(kept, gzipped) as sink:
        for line in source:
            waiting.append(line)
            if len(waiting) > count:
                sink.write(waiting.popleft())
    kept.replace(path)


def copy_bytes(data_file: DataFile, target: Path, may_move: bool = True) -> None:
    """Copies a file byte for byte; moves it when it was unpacked here and is needed no more."""
    if data_file.unpacked and may_move:
        data_file.path.rename(target)
    else:
        shutil.copyfile(data_file.path, target)


def drop_bytes(path: Path, gzipped: bool, unwanted: bytes) -> None:
    """Rewrites a landed file without a byte."""
    draft = path.with_name(f"{path.name}.part")
    with open_bytes(path, gzipped, path.name) as source, create(draft, gzipped) as sink:
        while chunk := source.read(CHUNK):
            sink.write(chunk.replace(unwanted, b""))
    draft.replace(path)


def create(target: Path, gzipped: bool) -> IO[bytes]:
    """Opens a new file for bytes, gzipped when asked for."""
    # No time and no name in the gzip header: the same input makes the same bytes.
    if gzipped:
        return cast(IO[bytes], gzip.GzipFile(target, "wb", 6, mtime=0))
    return target.open("wb")


class _Scan:
    """Takes a file chunk by chunk: is it UTF-8, and if not, what do its odd lines look like."""

    def __init__(self, place: str) -> None:
        self.valid = True
        self.first_bad_line = 0
        self.evidence = bytearray()
        self._place = place
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._lines = 0
        self._crlf = self._lf = self._cr = 0
        self._last = b""

    @property
    def mixed_ends(self) -> bool:
        bare_lf, bare_cr = self._lf - self._crlf, self._cr - self._crlf
        return sum(count > 0 for count in (self._crlf, bare_lf, bare_cr)) > 1

    def take(self, chunk: bytes) -> None:
        if (at := chunk.find(0)) >= 0:
            raise DataopsError(
                "The file contains NUL bytes: it is not text, or it is damaged.",
                f"{self._place}, line {self._lines + chunk[:at].count(10) + 1}",
                "export it again; or, if the rest is correct: tr -d '\\000' < FILE > NEWFILE",
            )
        if self.valid:
            try:
                self._decode(chunk)
            except UnicodeDecodeError as error:
                self.valid = False
                self.first_bad_line = self._lines + 1 + chunk[: max(error.start, 0)].count(10)
        if not self.valid and len(self.evidence) < _EVIDENCE and not chunk.isascii():
            for line in re.findall(rb"[^\r\n]*[\x80-\xff][^\r\n]*", chunk):
                self.evidence += line[:2000] + b"\n"
                if len(self.evidence) >= _EVIDENCE:
                    break
        self._crlf += chunk.count(b"\r\n") + (self._last == b"\r" and chunk[:1] == b"\n")
        lines = chunk.count(b"\n")
        self._lf += lines
        self._cr += chunk.count(b"\r")
        self._lines += lines
        self._last = chunk[-1:]

    def finish(self) -> None:
        if self.valid:
            try:
                self._decode(b"", True)
            except UnicodeDecodeError:
                self.valid = False
                self.first_bad_line = self._lines + 1


def _marked(head: bytes) -> str | None:
    """The encoding that a byte order mark or the places of NUL bytes give away."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    even, odd = head[:4096:2].count(0), head[1:4096:2].count(0)
    half = len(head[:4096]) // 2
    if half > 1 and odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    if half > 1 and even > half * 0.7 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _western(scan: _Scan, place: str) -> str:
    """cp1252 when the evidence reads like Western European text; otherwise a rejection."""
    evidence = bytes(scan.evidence)
    loose = evidence.decode("utf-8", "surrogateescape")
    good = sum(char >= "\x80" and not "\udc80" <= char <= "\udcff" for char in loose)
    bad = sum("\udc80" <= char <= "\udcff" for char in loose)
    line = f"{place}, line {scan.first_bad_line}"
    if good > bad or _has_western_utf8(loose):
        raise DataopsError(
            "This line is not valid UTF-8, while others in the file are: encodings are mixed.",
            line,
            "Export the file again as UTF-8, or fix this line.",
        )
    try:
        text = evidence.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    odd = [char for char in text if char >= "\x80"]
    if "¤" in text and len(_EURO.findall(text)) == text.count("¤"):
        text = evidence.decode("iso8859-15")
        return "iso8859-15" if _strange(text) <= len(odd) * 0.1 else _unknown(evidence, line)
    if odd and _strange(text) <= len(odd) * 0.1:
        return "cp1252"
    return _unknown(evidence, line)


def _unknown(evidence: bytes, line: str) -> str:
    """The rejection of a file in another encoding, with the likeliest one."""
    guess = _proposed(evidence)
    ask = "" if guess else "ask who exported it for its encoding, then "
    guess = guess or "ENCODING"
    raise DataopsError(
        "The file is not UTF-8, and its encoding cannot be determined.",
        line,
        f"{ask}convert it and add the new file: iconv -f {guess} -t UTF-8 FILE > NEWFILE",
    )


def _proposed(evidence: bytes) -> str:
    """The name of the encoding that this is most likely written in; empty where several are, or
    where one only happens to decode it."""
    fitting = []
    for encoding in _OLD_WESTERN:
        text = evidence.decode(encoding)
        odd = [char for char in text if char >= "\x80"]
        is_plain = all("\xc0" <= char <= "\xff" for char in odd)
        if is_plain and not _broken_words(text) and _strange(text) <= len(odd) * 0.1:
            fitting.append(encoding)
    if len(fitting) == 1:
        return fitting[0].upper()
    # Without coherence nothing speaks for a language.
    for match in charset_normalizer.from_bytes(evidence):
        odd = [char for char in str(match) if char >= "\x80"]
        has_letters = 2 * sum(map(str.isalpha, odd)) > len(odd)
        if match.coherence > 0 and has_letters and not _broken_words(str(match)):
            return match.encoding.upper().replace("_", "-")
    return ""


def _broken_words(text: str) -> int:
    """How many symbols, and capitals beside small letters, stand within words: of an encoding that
    only happens to decode a text."""
    return sum(
        char >= "\x80"
        and before.isalpha()
        and after.isalpha()
        and (
            not char.isalpha() or (char.isupper() and (before + after) != (before + after).upper())
        )
        and char not in _WITHIN_WORDS
        for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False)
    )


def _has_western_utf8(loose: str) -> bool:
    """Whether some line is UTF-8 throughout and reads as Western text: no accident then."""
    return any(
        all(char < "\u0180" or "\u2010" <= char <= "\u20ac" for char in line)
        and any(char >= "\xa0" and char.isalpha() for char in line)
        for line in loose.splitlines()
        if not any("\udc80" <= char <= "\udcff" for char in line)
    )


def _strange(text: str) -> int:
    """How many characters stand where Western text has none of their kind.

    Cyrillic or Greek bytes read as cp1252 are long runs of accented letters; Polish, DOS and Mac
    bytes are symbols or capitals in the middle of words.
    """
    count = 0
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if char < "\x80":
            continue
        if char.isalpha() and char not in "ªº":
            neighbours = (before >= "\x80" and before.isalpha()) or (
                after >= "\x80" and after.isalpha()
            )
            within = char.isupper() and before.isalpha() and after.islower()
            count += neighbours or within or (char.isupper() and before.islower())
        elif char in _NEVER_IN_WORDS:
            count += any(near.isalpha() or near in _NEVER_IN_WORDS for near in (before, after))
        elif char not in _WITHIN_WORDS:
            count += before.isalpha() and after.isalpha()
    return count


def _mixed(sample: str) -> bool:
    crlf = sample.count("\r\n")
    counts = (crlf, sample.count("\n") - crlf, sample.count("\r") - crlf)
    return sum(count > 0 for count in counts) > 1


def _undecodable(place: str, encoding: str) -> DataopsError:
    return DataopsError(
        f"The file is marked as {encoding.upper()} but cannot be decoded: "
        "it is damaged or truncated.",
        place,
        "fetch or export it again",
    )


def open_text(path: Path, gzipped: bool, place: str) -> IO[str]:
    """Opens a landed (UTF-8) file as text, line ends kept."""
    return io.TextIOWrapper(open_bytes(path, gzipped, place), "utf-8-sig", "replace", newline="")
