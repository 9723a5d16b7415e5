"""A URL asked for twice, with a cache in a folder: python examples/http_client.py URL FOLDER"""

import sys

from freewheel import http


def main(url: str, folder: str) -> None:
    """Ask twice, and print how the cache came by each answer."""
    with http.Client(folder, user_agent="example/1.0") as client:
        fields = {"Accept-Encoding": ", ".join(http.known_codings())}
        for _ in range(2):
            with client.get(url, fields, follow_redirects=True) as response:
                size = sum(len(piece) for piece in response.decoded())
                print(f"{response.status} {response.reason}, {size} bytes: {response.cache_status}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except http.NetworkError as error:
        sys.exit(f"{type(error).__name__}: {error}")
