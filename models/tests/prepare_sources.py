"""Tiny archives in the layout of the data sets, with texts of the tests' own."""

import io
import json
import tarfile
import zipfile
from pathlib import Path


def tar(path: Path, files: dict[str, bytes | str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tar_bytes(files))


def tar_bytes(files: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def zip_bytes(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def squad(articles: list[tuple[str | None, str, list[tuple[str, str]]]], start: int = 0) -> str:
    """SQuAD JSON of (title or None, context, [(question, answer)])."""
    data = []
    for title, context, questions in articles:
        entries = []
        for question, answer in questions:
            answers = [{"text": answer, "answer_start": context.index(answer)}]
            entries.append({"id": f"q{start}", "question": question, "answers": answers})
            start += 1
        article = {"paragraphs": [{"context": context, "qas": entries}]}
        data.append(article | ({"title": title} if title else {}))
    return json.dumps({"data": data}, ensure_ascii=False)


def memory(code: str, units: dict[str, tuple[str, str]]) -> bytes:
    """A zipped translation memory of {id: (English, text)}."""
    body = "".join(
        f'<tu tuid="{unit}">\n<prop type="note">x</prop>\n<tuv xml:lang="en">\n<seg>{english}</seg></tuv>\n'
        f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>\n</tu>\n'
        for unit, (english, text) in units.items()
    )
    return zip_bytes({f"all.en-{code}.tmx": f'<?xml version="1.0"?><tmx><body>{body}</body></tmx>'})


def bible(code: str, verses: dict[str, str]) -> str:
    body = "".join(f'<seg id="b.{verse}" type="verse">\n\t{text} \n</seg>' for verse, text in verses.items())
    return f'<cesDoc><language id="x" iso639="{code}">X</language><body>{body}</body></cesDoc>'


def help_page(elements: list[tuple[str, str, str]]) -> str:
    """A page of (element, id, inner HTML)."""
    body = "".join(f'<{name} id="{identity}" dir="auto">{text}</{name}>' for name, identity, text in elements)
    return f'<html><body><p id="par_id0">menu</p><div id="DisplayArea">{body}</div></body></html>'
