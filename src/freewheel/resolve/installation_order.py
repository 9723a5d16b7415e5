"""The order in which pip installs what was resolved: where projects ship the same file, the last one's stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

_MOST_VISITS = 5
"""How often a node of a cycle is come to at most, as in pip: there may be endless ways through."""


def installation_order(needed: Mapping[str | None, Collection[str]], projects: Collection[str]) -> list[str]:
    """The projects after what they need: in layers, beginning with what needs nothing, each by name, backwards.

    `needed` has the nodes that each node needs: the projects, their extras (`a[x]`), what else was resolved, and None
    for what a person wants; each node is a key. What lies in a cycle comes last, the farthest from None first.

    >>> installation_order({None: ["a", "d"], "a": ["b"], "b": ["c"], "c": [], "d": []}, ["a", "b", "c", "d"])
    ['d', 'c', 'b', 'a']
    """
    left = {node: set(children) for node, children in needed.items()}
    weights: dict[str | None, int] = {}
    while leaves := {node for node, children in left.items() if node is not None and not children}:
        weights |= dict.fromkeys(leaves, len(left) - 1)
        left = {node: children - leaves for node, children in left.items() if node not in leaves}
    weights |= _depths(left)
    return sorted(projects, key=lambda name: (weights[name], name), reverse=True)


def _depths(graph: Mapping[str | None, Collection[str]]) -> dict[str | None, int]:
    """The longest way from None to each node on which no node stands twice, among those that were gone."""
    depths: dict[str | None, list[int]] = {}
    path: dict[str | None, Iterator[str]] = {None: iter(sorted(graph.get(None, ())))}
    while path:
        node, children = next(reversed(path.items()))
        for child in children:
            if child not in path and len(depths.get(child, ())) < _MOST_VISITS:
                path[child] = iter(sorted(graph[child]))
                break
        else:
            del path[node]
            depths.setdefault(node, []).append(len(path))
    return {node: max(found) for node, found in depths.items()}
