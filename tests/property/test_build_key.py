"""Each input changes the build key, and nothing else does."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from freewheel.build.key import BuildInputs, build_key, described, differences
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
inputs = st.builds(
    BuildInputs,
    source=st.binary(max_size=2).map(sha256_of),
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


@given(inputs, inputs)
def test_changing_one_input_changes_the_key_and_names_that_part(one: BuildInputs, other: BuildInputs) -> None:
    parts = {
        "source": ("source.digest",),
        "subdirectory": ("source.subdirectory",),
        "target": ("target.",),
        "config_settings": ("config_settings",),
        "build_constraints": ("build_constraints",),
        "shared_projects": ("isolation.",),
        "variables": ("variables",),
    }
    for name, prefixes in parts.items():
        changed = replace(one, **{name: getattr(other, name)})
        is_other = meaning(changed) != meaning(one)
        assert (build_key(changed) != build_key(one)) == is_other
        assert all(each.part.startswith(prefixes) for each in differences(described(one), described(changed)))


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
