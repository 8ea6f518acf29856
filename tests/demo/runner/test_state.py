"""What `demo run` remembers: a finished step is not done again, and anything that changed makes it undone."""

from pathlib import Path

import pytest

from demo.runner.state import State, Step, fingerprint, stamp


@pytest.fixture
def step(tmp_path: Path) -> Step:
    source, out = tmp_path / "package", tmp_path / "out"
    for folder in (source, out):
        folder.mkdir()
    (source / "code.py").write_text("one")
    (out / "products.jsonl").write_text("{}\n")
    return Step("crawl", "Read", ("do", "it"), (source,), (out / "products.jsonl",), resumes_in=out)


def test_marked_step_is_done_for_this_start_and_the_next(tmp_path: Path, step: Step) -> None:
    state = State(tmp_path / "state.json")
    assert not state.is_done(step)
    state.mark_done(step)
    assert state.is_done(step)
    assert State(tmp_path / "state.json").is_done(step)


@pytest.mark.parametrize("change", ["edit", "add", "remove", "rename"])
def test_a_changed_source_makes_a_step_undone(tmp_path: Path, step: Step, change: str) -> None:
    state = State(tmp_path / "state.json")
    state.mark_done(step)
    code = step.inputs[0] / "code.py"
    if change == "edit":
        code.write_text("two")
    elif change == "add":
        (step.inputs[0] / "more.py").write_text("")
    elif change == "remove":
        code.unlink()
    else:
        code.rename(step.inputs[0] / "other.py")
    assert not state.is_done(step)


def test_another_command_makes_a_step_undone(tmp_path: Path, step: Step) -> None:
    state = State(tmp_path / "state.json")
    state.mark_done(step)
    assert not state.is_done(Step(step.name, step.title, ("do", "else"), step.inputs, step.outputs))


@pytest.mark.parametrize("damage", ["missing", "empty folder", "other bytes"])
def test_a_damaged_output_makes_a_step_undone(tmp_path: Path, step: Step, damage: str) -> None:
    state = State(tmp_path / "state.json")
    state.mark_done(step)
    if damage == "other bytes":
        step.outputs[0].write_text("{}\n{}\n")
    else:
        step.outputs[0].unlink()
        if damage == "empty folder":
            step.outputs[0].mkdir()
    assert not state.is_done(step)


def test_compiled_files_do_not_count_as_sources(step: Step) -> None:
    before = fingerprint(step)
    (step.inputs[0] / "__pycache__").mkdir()
    (step.inputs[0] / "__pycache__" / "code.cpython-311.pyc").write_bytes(b"\0")
    (step.inputs[0] / "__pycache__" / "copy.py").write_text("x")
    assert fingerprint(step) == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"crawl": 3}', '{"crawl": {"inputs": null}}'])
def test_a_torn_state_file_means_that_nothing_is_done(tmp_path: Path, step: Step, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    assert not State(tmp_path / "state.json").is_done(step)


def test_an_interrupted_step_resumes_in_its_folder(tmp_path: Path, step: Step) -> None:
    State(tmp_path / "state.json").begin(step)
    (step.outputs[0].parent).mkdir(exist_ok=True)
    half = step.outputs[0].parent / "half"
    half.write_text("kept")
    State(tmp_path / "state.json").begin(step)
    assert half.read_text() == "kept"
    assert not State(tmp_path / "state.json").is_done(step)


def test_what_other_sources_left_is_removed_before_a_step_begins(tmp_path: Path, step: Step) -> None:
    state = State(tmp_path / "state.json")
    state.begin(step)
    step.outputs[0].parent.mkdir()
    step.outputs[0].write_text("old")
    (step.inputs[0] / "code.py").write_text("two")
    state.begin(step)
    assert not step.outputs[0].exists()


def test_a_stamp_of_a_missing_output_is_none(tmp_path: Path) -> None:
    assert stamp([tmp_path / "nothing"]) is None
    assert stamp([]) == {}
