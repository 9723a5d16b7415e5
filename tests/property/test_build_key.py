"""Each input changes the build key, and nothing else does."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from freewheel.build.key import (
    STEERING_VARIABLES,
    BuildInputs,
    CommitSource,
    build_key,
    described,
    differences,
    steering,
)
from freewheel.model.digest import sha256_of
from freewheel.model.target import Target

words = st.text(alphabet="abcAB01.=-_ ü\"'\\", max_size=6)
pairs = st.tuples(words, words)
versions = st.sampled_from(["3.11", "3.12", "3.13"])

targets = st.builds(
    lambda version, patch, suffix, **rest: Target(
        python_version=version, full_version=f"{version}.{patch}{suffix}", **rest
    ),
    version=versions,
    patch=st.integers(0, 2),
    suffix=st.sampled_from(["", "rc1"]),
    implementation=words,
    abi=words,
    abi_flags=words,
    platform=words,
    libc=words,
    tags=st.lists(words, max_size=2).map(tuple),
    markers=st.dictionaries(words, words, max_size=2),
)
commits = st.builds(CommitSource, repository=words, commit=words, tags=words)
inputs = st.builds(
    BuildInputs,
    source=st.binary(max_size=2).map(sha256_of) | commits,
    target=targets,
    subdirectory=words,
    config_settings=st.lists(pairs, max_size=3).map(tuple),
    build_constraints=st.lists(words, max_size=3).map(tuple),
    shared_projects=st.none() | st.lists(words, max_size=3).map(tuple),
    variables=st.dictionaries(words, words, max_size=3).map(lambda found: tuple(sorted(found.items()))),
)


def meaning(value: BuildInputs) -> object:
    """What the inputs say, told in another way than the key tells it."""
    target = value.target
    settings: dict[str, list[str]] = {}
    for name, setting in value.config_settings:
        settings[name] = [*settings.get(name, []), setting]
    return (
        (value.source, value.subdirectory, target.implementation, target.abi, target.abi_flags),
        (target.platform, target.libc, target.python_version),
        target.full_version if "rc" in target.full_version else None,
        frozenset((name, tuple(values)) for name, values in settings.items()),
        frozenset(value.build_constraints),
        None if value.shared_projects is None else frozenset(value.shared_projects),
        value.variables,
    )


@given(inputs, inputs)
def test_keys_are_equal_exactly_when_the_inputs_mean_the_same(one: BuildInputs, other: BuildInputs) -> None:
    assert (build_key(one) == build_key(other)) == (meaning(one) == meaning(other))


PARTS = {
    "source": ("source.digest", "source.repository", "source.commit", "source.tags"),
    "subdirectory": ("source.subdirectory",),
    "target": ("target.",),
    "config_settings": ("config_settings",),
    "build_constraints": ("build_constraints",),
    "shared_projects": ("isolation.",),
    "variables": ("variables",),
}
"""Where each input stands in the key in clear."""

PARTS_OF_TARGET = {
    "implementation": "target.implementation",
    "python_version": "target.python",
    "full_version": "target.python",
    "abi": "target.abi",
    "abi_flags": "target.abi_flags",
    "platform": "target.platform",
    "libc": "target.libc",
}
VERSIONS = ("python_version", "full_version")
"""These change together: one is the beginning of the other."""

LEFT_OUT_OF_TARGET = {"tags", "markers"}


def test_each_input_has_its_place_in_the_key() -> None:
    """Whoever adds an input says here where it stands, or that it is left out."""
    assert set(BuildInputs.__struct_fields__) == PARTS.keys()
    assert set(Target.__struct_fields__) == PARTS_OF_TARGET.keys() | LEFT_OUT_OF_TARGET


@given(inputs, inputs, st.sampled_from(sorted(PARTS)))
def test_changing_one_input_changes_the_key_and_names_that_part(
    one: BuildInputs, other: BuildInputs, name: str
) -> None:
    changed = replace(one, **{name: getattr(other, name)})
    assert (build_key(changed) != build_key(one)) == (meaning(changed) != meaning(one))
    found = differences(described(one), described(changed))
    assert bool(found) == (meaning(changed) != meaning(one))
    assert all(each.part.startswith(PARTS[name]) for each in found)


@given(inputs, targets, st.sampled_from(sorted(PARTS_OF_TARGET)))
def test_changing_one_part_of_the_target_changes_the_key_and_names_that_part(
    one: BuildInputs, other: Target, name: str
) -> None:
    parts = VERSIONS if name in VERSIONS else (name,)
    changed = replace(one, target=replace(one.target, **{part: getattr(other, part) for part in parts}))
    is_other = meaning(changed) != meaning(one)
    found = [each.part for each in differences(described(one), described(changed))]
    assert (build_key(changed) != build_key(one)) == is_other
    assert found == ([PARTS_OF_TARGET[name]] if is_other else [])


@given(inputs, commits, st.sampled_from(CommitSource.__struct_fields__))
def test_changing_one_part_of_a_commit_changes_the_key_and_names_that_part(
    one: BuildInputs, other: CommitSource, name: str
) -> None:
    assume(isinstance(one.source, CommitSource))
    changed = replace(one, source=replace(one.source, **{name: getattr(other, name)}))
    is_other = getattr(other, name) != getattr(one.source, name)
    found = [each.part for each in differences(described(one), described(changed))]
    assert (build_key(changed) != build_key(one)) == is_other
    assert found == ([f"source.{name}"] if is_other else [])


names = st.sampled_from(STEERING_VARIABLES).map(lambda name: name.replace("*", "X"))


@given(inputs, st.dictionaries(names | words, words, max_size=3), names, words)
def test_each_steering_variable_changes_the_key(
    one: BuildInputs, environment: dict[str, str], name: str, value: str
) -> None:
    changed = environment | {name: value}
    keys = {build_key(replace(one, variables=steering(each))) for each in (environment, changed)}
    assert len(keys) == 1 + (environment.get(name) != value)


@given(inputs, st.dictionaries(names, words, max_size=3), words, words)
def test_no_other_variable_does(one: BuildInputs, environment: dict[str, str], name: str, value: str) -> None:
    changed = environment | {f"OTHER_{name}": value}
    assert build_key(replace(one, variables=steering(changed))) == build_key(
        replace(one, variables=steering(environment))
    )


@given(inputs, st.randoms())
def test_order_and_repetition_do_not_matter_where_they_mean_nothing(one: BuildInputs, random) -> None:
    assume(len({name for name, _ in one.config_settings}) == len(one.config_settings))
    shuffled = [list(part) for part in (one.config_settings, one.build_constraints, one.shared_projects or ())]
    for part in shuffled:
        random.shuffle(part)
    settings, constraints, projects = map(tuple, shuffled)
    other = replace(
        one,
        config_settings=settings,
        build_constraints=constraints * 2,
        shared_projects=None if one.shared_projects is None else projects,
        target=replace(one.target, tags=("other",), markers={}),
    )
    assert build_key(other) == build_key(one)
