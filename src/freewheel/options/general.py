"""Options that every command takes."""

from __future__ import annotations

from freewheel.options.option import Kind, Option

_FLAG, _COUNT, _VALUE, _LIST = Kind.FLAG, Kind.COUNT, Kind.VALUE, Kind.LIST

FEATURES = ("fast-deps", "inprocess-build-deps", "venv-isolation")
"""What pip tries out."""

ALWAYS_ENABLED = ("truststore", "no-binary-enable-wheel-cache", "build-constraint")
"""What pip once tried out, and is always so now."""

GENERAL = (
    Option(name="help", short="h", kind=_FLAG, help="Show this help."),
    Option(name="debug", kind=_FLAG, without_effect="what goes wrong unexpectedly is shown as a whole anyway"),
    Option(name="isolated", kind=_FLAG, help="Ignore environment variables and the user's files."),
    Option(name="require-virtualenv", aliases=("require-venv",), kind=_FLAG,
           help="Refuse to collect files or change anything outside a virtual environment."),
    Option(name="python", kind=_VALUE, metavar="python",
           help="The environment to act on: its interpreter or its folder."),
    Option(name="verbose", short="v", kind=_COUNT, help="Say more; up to three times."),
    Option(name="quiet", short="q", kind=_COUNT, help="Say less; up to three times."),
    Option(name="log", aliases=("log-file", "local-log"), kind=_VALUE, metavar="path",
           help="Append everything that could be said to a file."),
    Option(name="no-input", kind=_FLAG, help="Never ask a question."),
    Option(name="keyring-provider", kind=_VALUE, choices=("auto", "disabled", "import", "subprocess"),
           help="Where passwords come from besides URLs and netrc: the keyring library, its command, or neither."),
    Option(name="proxy", kind=_VALUE, metavar="url",
           help="Use this proxy: scheme://[user:password@]host:port."),
    Option(name="no-proxy-env", kind=_FLAG, help="Take no proxy from environment variables."),
    Option(name="retries", kind=_VALUE, metavar="n",
           help="How often a failed request is repeated (default 5)."),
    Option(name="timeout", aliases=("default-timeout",), kind=_VALUE, metavar="sec",
           help="How long to wait for a server, in seconds (default 15)."),
    Option(name="exists-action", kind=_LIST, choices=("s", "i", "w", "b", "a"), metavar="action",
           help="What to do where a checkout is in the way: (s)witch, (i)gnore, (w)ipe, (b)ackup, (a)bort."),
    Option(name="trusted-host", kind=_LIST, metavar="host[:port]",
           help="Speak plain HTTP, or HTTPS without checking the certificate, with this host."),
    Option(name="cert", kind=_VALUE, metavar="path",
           help="The certificate authorities to trust (PEM), in place of the system's."),
    Option(name="client-cert", kind=_VALUE, metavar="path",
           help="The client's own certificate and private key in one file (PEM)."),
    Option(name="cache-dir", kind=_VALUE, metavar="dir", help="Where the cache lies."),
    Option(name="no-cache-dir", kind=_FLAG, help="Use no cache."),
    Option(name="group-cache", kind=_FLAG, is_ours=True,
           help="Give what is kept the rights that the cache's folder gives to its group and to others."),
    Option(name="cache-verify", kind=_FLAG, is_ours=True,
           help="Make again what the cache has of wheels, metadata and resolutions, and fail where that differs."),
    Option(name="cache-local", kind=_FLAG, is_ours=True,
           help="Keep the wheels of local folders too, which are then known by all that lies in them."),
    Option(name="adopt-pip-cache", kind=_FLAG, is_ours=True,
           help="Take over what pip's own cache has of files, pages and built wheels, where ours has nothing yet."),
    Option(name="refresh", kind=_FLAG, is_ours=True,
           help="Validate every index page and remote requirements file, fresh or not."),
    Option(name="offline", kind=_FLAG, is_ours=True,
           help="Open no connection: everything comes from the cache, stale or not."),
    Option(name="prefer-offline", kind=_FLAG, is_ours=True,
           help="Take what the cache has, stale or not; ask a server for the rest."),
    Option(name="disable-pip-version-check", kind=_FLAG,
           without_effect="freewheel never looks for a newer version of itself"),
    Option(name="no-color", kind=_FLAG, help="Write without colours."),
    Option(name="no-python-version-warning", kind=_FLAG, without_effect="there is no such warning"),
    Option(name="use-feature", kind=_LIST, metavar="feature", choices=(*FEATURES, *ALWAYS_ENABLED),
           without_effect="what pip tries out there changes how it works, not what it does"),
    Option(name="resume-retries", kind=_VALUE, metavar="n",
           help="How often a download that breaks off is resumed (default 5)."),
)  # fmt: skip
"""In the order of the help; the table gives them their commands."""
