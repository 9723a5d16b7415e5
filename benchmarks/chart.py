"""Draws what `benchmarks.installs` measured: `python benchmarks/chart.py RESULTS SVG`.

To be run by an interpreter that has `chart_requirements.txt`. Equal results give equal bytes.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

COLOURS = {"freewheel": "#0072b2", "pip": "#999999", "uv": "#e69f00"}
"""Distinct for those who see few colours too (Okabe and Ito)."""

STYLE = {"svg.fonttype": "none", "svg.hashsalt": "freewheel", "font.family": "sans-serif", "font.size": 9}
HEIGHT = 0.27
"""Of a bar, where the tasks are 1 apart."""

Timings = Mapping[str, float | None]
"""The median seconds of each contender; None where it did not take part."""


def main(results: Path, chart: Path) -> None:
    """Read the one file and write the other."""
    tasks = json.loads(results.read_text(encoding="utf-8"))["tasks"]
    labelled = {task["label"]: medians(task) for task in tasks if task["label"]}
    growing = {task["projects"]: medians(task) for task in tasks if task["set"].startswith("generated-")}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 6.5), facecolor="white", layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        draw_bars(left, labelled)
        draw_growth(right, growing)
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=len(COLOURS), frameon=False)
        figure.savefig(chart, format="svg", metadata={"Date": None})


def medians(task: Mapping[str, Any]) -> Timings:
    """What a task took."""
    measured = task["measured"]
    return {
        name: statistics.median(one["seconds"] for one in measured[name]) if measured[name] else None
        for name in COLOURS
    }


def draw_bars(axes: Axes, labelled: Mapping[str, Timings]) -> None:
    """A group of bars for each task, the first one on top; each bar with its seconds."""
    for number, (name, colour) in enumerate(COLOURS.items()):
        found = [(place, timings[name]) for place, timings in enumerate(labelled.values())]
        there = [(place + (number - 1) * HEIGHT, seconds) for place, seconds in found if seconds is not None]
        places, seconds = [place for place, _ in there], [seconds for _, seconds in there]
        bars = axes.barh(places, seconds, HEIGHT, color=colour, label=name)
        axes.bar_label(bars, [f"{one:.2g}" if one < 10 else f"{one:.0f}" for one in seconds], padding=2, fontsize=7)
    axes.set_yticks(range(len(labelled)), list(labelled))
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_xlabel("seconds, less is better; warm and upgrade: uv makes no bytecode")
    finish(axes, "Installing", axes.xaxis)


def draw_growth(axes: Axes, growing: Mapping[int, Timings]) -> None:
    """A line for each contender, from few projects to many."""
    for name, colour in COLOURS.items():
        points = [(count, timings[name]) for count, timings in sorted(growing.items()) if timings[name] is not None]
        axes.plot(*zip(*points, strict=True), color=colour, marker="o", label=name) if points else None
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sorted(growing), [f"{count:,}" for count in sorted(growing)])
    axes.minorticks_off()
    axes.set_xlabel("generated projects")
    axes.set_ylabel("seconds")
    finish(axes, "Warm, by number of projects", axes.yaxis)


def finish(axes: Axes, title: str, seconds: Any) -> None:
    """Title, grid, and plain numbers on the axis that has seconds."""
    axes.set_title(title, loc="left")
    seconds.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(axis=seconds.axis_name, color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
