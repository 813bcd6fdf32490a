"""Neighbours over HTTP: /nearest?word=piano&n=5 and /similarity?a=coffee&b=tea.

python server.py words.iiq --port 8000
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import iiq

MOST = 100  # answers a question


class Answers(BaseHTTPRequestHandler):
    """One question a request; the vocabulary is shared by all threads."""

    vocabulary: iiq.BinaryKeyedVectors

    def do_GET(self) -> None:
        """Answer in JSON: 404 for a word or path that is not there, 400 for a bad question."""
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            self._say(200, self._answer(url.path, asked))
        except KeyError as error:
            self._say(404, {"error": str(error.args[0])})
        except ValueError as error:
            self._say(400, {"error": str(error)})

    def _answer(self, path: str, asked: dict[str, str]) -> dict[str, object]:
        if path == "/nearest":
            n = min(int(asked.get("n", "10")), MOST)
            found = self.vocabulary.most_similar(asked["word"], topn=n, threads=1)
            return {"nearest": [[word, round(score, 4)] for word, score in found]}
        if path == "/similarity":
            score = float(self.vocabulary.similarity(asked["a"], asked["b"]))
            return {"similarity": round(score, 4)}
        raise KeyError(f"no such path: {path}")

    def _say(self, status: int, answer: dict[str, object]) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the container's owner has a log of its own."""


def main() -> None:
    """Open the file and serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="a compressed vocabulary")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    Answers.vocabulary = iiq.load(arguments.file)
    server = ThreadingHTTPServer((arguments.host, arguments.port), Answers)
    print(f"listening on http://{arguments.host}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
