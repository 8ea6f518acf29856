import argparse
from dataclasses import fields
from pathlib import Path

import pytest

from server.errors import SettingsError
from server.settings import Settings, add_flags, environment_from, environment_name, flag_of, settings_from

ROOT = Path(__file__).resolve().parents[2]


def parse(command, *arguments):
    parser = argparse.ArgumentParser()
    add_flags(parser, command)
    return vars(parser.parse_args(arguments))


def test_a_flag_beats_the_environment_and_that_beats_the_default():
    environment = {"CARRYOVER_PORT": "9001", "CARRYOVER_WORKERS": "3", "CARRYOVER_OTHER": "ignored", "PATH": "/"}
    settings = settings_from(parse("run", "--port", "9002"), environment)
    assert (settings.port, settings.workers, settings.host) == (9002, 3, "127.0.0.1")


def test_the_contract_flags_exist_and_lists_repeat():
    flags = parse("run", "--data", "d", "--bundle", "b", "--allow-origin", "http://a:1", "--allow-origin", "http://b:2")
    settings = settings_from(flags, {})
    assert (settings.data_dir, settings.bundle_dir) == (Path("d"), Path("b"))
    assert settings.allow_origins == ("http://a:1", "http://b:2")
    assert parse("ingest", "--resolve", "h:127.0.0.1")["resolve"] == ["h:127.0.0.1"]


def test_a_switch_is_on_by_its_flag_alone():
    assert settings_from(parse("run", "--http2"), {}).http2
    assert not settings_from(parse("run"), {"CARRYOVER_HTTP2": "False"}).http2


def test_worker_processes_get_the_same_settings_through_the_environment():
    settings = Settings(
        data_dir=Path("/x y"), port=9, http2=True, trusted_proxies=("10.0.0.0/8", "::1"),
        allow_origins=("http://a:1", "http://b:2"), resolve=("h:[::1]",), exact_max_items=77,
        operator_token="for-tests-only-0123456789",
    )  # fmt: skip
    assert settings_from({}, environment_from(settings)) == settings


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"CARRYOVER_PORT": "http"}, "CARRYOVER_PORT"),
        ({"CARRYOVER_PORT": "70000"}, "port"),
        ({"CARRYOVER_WORKERS": "0"}, "workers"),
        ({"CARRYOVER_ALLOW_ORIGINS": "*"}, "allow_origins"),
        ({"CARRYOVER_ALLOW_ORIGINS": "http://a/path"}, "allow_origins"),
        ({"CARRYOVER_ALLOW_EXTENSIONS": "*"}, "allow_extensions"),
        ({"CARRYOVER_TRUSTED_PROXIES": "10.0.0.0/33"}, "trusted_proxies"),
        ({"CARRYOVER_TRUSTED_PROXIES": "nginx"}, "trusted_proxies"),
        ({"CARRYOVER_HTTP2": "maybe"}, "CARRYOVER_HTTP2"),
        ({"CARRYOVER_REQUESTS_PER_SECOND": "-1"}, "requests_per_second"),
        ({"CARRYOVER_OPERATOR_TOKEN": "short"}, "operator_token"),
        ({"CARRYOVER_OPERATOR_TOKEN": "has a space in the middle"}, "operator_token"),
        ({"CARRYOVER_RESOLVE": "harbor.localhost"}, "resolve"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start_and_is_named(environment, named):
    with pytest.raises(SettingsError, match=named):
        settings_from({}, environment)


def test_the_token_is_read_from_its_file_and_never_shown(tmp_path):
    path = tmp_path / "token"
    path.write_text("for-tests-only-0123456789\n")
    assert Settings(operator_token_file=path).read_operator_token() == "for-tests-only-0123456789"
    assert "0123456789" not in repr(Settings(operator_token="for-tests-only-0123456789"))
    assert Settings().read_operator_token() is None


@pytest.mark.parametrize("text", ["", "short\n"])
def test_a_bad_token_file_is_named(tmp_path, text):
    path = tmp_path / "token"
    path.write_text(text)
    with pytest.raises(SettingsError, match=str(path)):
        Settings(operator_token_file=path).read_operator_token()
    with pytest.raises(SettingsError, match="nowhere"):
        Settings(operator_token_file=tmp_path / "nowhere").read_operator_token()


def test_every_setting_is_documented_with_its_flag_variable_and_default():
    text = (ROOT / "docs" / "operating.md").read_text()
    for setting in fields(Settings):
        assert f"`{environment_name(setting.name)}`" in text
        if not setting.metadata["secret"]:
            assert f"`{flag_of(setting)}`" in text
        if isinstance(setting.default, int):
            row = next(line for line in text.splitlines() if f"`{environment_name(setting.name)}`" in line)
            assert str(setting.default).lower() in row
