"""A URL asked for twice with httpx and a cache in a folder: python examples/httpx_client.py URL FOLDER"""

import sys

import httpx

from freewheel.http.httpx_transport import FreewheelTransport


def main(url: str, folder: str) -> None:
    """Ask twice, and print how the cache came by each answer."""
    with httpx.Client(transport=FreewheelTransport(folder), follow_redirects=True) as client:
        for _ in range(2):
            response = client.get(url)
            print(f"{response.status_code} {response.reason_phrase}, {len(response.content)} bytes:", end=" ")
            print(response.headers["Cache-Status"])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except httpx.HTTPError as error:
        sys.exit(f"{type(error).__name__}: {error}")
