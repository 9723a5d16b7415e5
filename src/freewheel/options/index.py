"""Options about indexes, and about which releases may be chosen."""

from __future__ import annotations

from freewheel.options.option import Kind, Option

_FLAG, _VALUE, _LIST, _CHANGING = Kind.FLAG, Kind.VALUE, Kind.LIST, Kind.ACCUMULATING

INDEX = (
    Option(name="index-url", short="i", aliases=("pypi-url",), kind=_VALUE, metavar="url",
           help="The index to ask (PEP 503): a URL or a folder."),
    Option(name="extra-index-url", kind=_LIST, metavar="url",
           help="Another index, asked as well."),
    Option(name="no-index", kind=_FLAG, help="Ask no index, only --find-links."),
    Option(name="index-strategy", kind=_VALUE, choices=("best-version", "first-index"), is_ours=True,
           help="Of several indexes: the best version of all (default), or only the first that has the project."),
    Option(name="find-links", short="f", kind=_LIST, metavar="url",
           help="A folder of archives, or a page with links to them."),
    Option(name="refresh-package", kind=_CHANGING, metavar="projects",
           help="Validate the pages of these projects, fresh or not: names with commas, :all: or :none:."),
    Option(name="pre", kind=_FLAG, help="Take pre-releases too."),
    Option(name="all-releases", kind=_CHANGING, metavar="projects",
           help="Take pre-releases of these too: names with commas, :all: or :none:."),
    Option(name="only-final", kind=_CHANGING, metavar="projects",
           help="Take no pre-releases of these, whatever is asked for: names with commas, :all: or :none:."),
    Option(name="uploaded-prior-to", kind=_VALUE, metavar="time",
           help="Take only what was uploaded before this: an ISO 8601 date and time, or P7D for seven days ago."),
    Option(name="no-binary", kind=_CHANGING, metavar="projects",
           help="Take no wheels from an index for these: names with commas, :all: or :none:."),
    Option(name="only-binary", kind=_CHANGING, metavar="projects",
           help="Take no sdists for these: names with commas, :all: or :none:."),
    Option(name="prefer-binary", kind=_FLAG, help="Rather take an older wheel than a newer sdist."),
)  # fmt: skip
"""In the order of the help; the table gives them their commands."""
