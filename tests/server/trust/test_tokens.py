"""Operators' tokens: made, rotated, revoked and ended, and what is kept of them."""

import pytest

from server.__main__ import main
from server.errors import InputError
from server.trust.database import FILE_NAME, TrustDatabase
from server.trust.tokens import DAY, SCOPES, Tokens


class Clock:
    """Time that a test moves."""

    def __init__(self):
        self.at = 1_800_000_000.0

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(tmp_path, clock):
    database = TrustDatabase(tmp_path)
    yield Tokens(database, clock)
    database.close()


def test_a_token_is_found_by_its_secret_alone(tokens, clock):
    secret = tokens.make("ci", ["write", "read"], 90 * DAY)
    found = tokens.find(secret)
    assert (found.name, found.scopes) == ("ci", ("read", "write"))
    assert found.expires_at == clock.at + 90 * DAY
    assert tokens.find(secret[:-1]) is None
    assert tokens.find("") is None


def test_secrets_have_256_bits_and_only_their_hash_is_on_the_disk(tokens, tmp_path):
    secrets = {tokens.make(f"t{i}", ["read"], DAY) for i in range(20)}
    assert len(secrets) == 20
    assert all(len(secret) == len("carryover_") + 43 for secret in secrets)
    tokens.database.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = (tmp_path / FILE_NAME).read_bytes()
    assert b"t19" in kept
    assert not any(secret.removeprefix("carryover_").encode() in kept for secret in secrets)


def test_after_a_rotation_both_secrets_work_until_the_overlap_is_over(tokens, clock):
    old = tokens.make("ci", ["write"], 90 * DAY)
    clock.at += 30 * DAY
    new = tokens.rotate("ci", 3600)
    assert tokens.find(old).expires_at == clock.at + 3600
    assert tokens.find(new).expires_at == clock.at + 90 * DAY
    assert tokens.find(new).scopes == ("write",)


def test_a_rotation_never_prolongs_what_is_replaced(tokens, clock):
    old = tokens.make("ci", ["write"], 3600)
    end = tokens.find(old).expires_at
    tokens.rotate("ci", DAY)
    newest = tokens.rotate("ci", DAY)
    assert tokens.find(old).expires_at == end
    assert tokens.find(newest).expires_at == clock.at + 3600, "a lifetime is that of the first"


def test_a_revoked_token_is_gone_with_all_its_secrets(tokens):
    secrets = [tokens.make("ci", ["write"], DAY), tokens.rotate("ci", DAY)]
    other = tokens.make("grafana", ["read"], DAY)
    tokens.revoke("ci")
    assert [tokens.find(secret) for secret in secrets] == [None, None]
    assert tokens.find(other).name == "grafana"


def test_names_are_taken_while_their_token_works(tokens, clock):
    tokens.make("ci", ["read"], DAY)
    with pytest.raises(InputError, match="there is a token ci"):
        tokens.make("ci", ["read"], DAY)
    clock.at += DAY
    tokens.make("ci", ["write"], DAY)
    assert [token.scopes for token in tokens.all()] == [("write",)]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("", ["read"], DAY), "expected a name"),
        (("a b", ["read"], DAY), "expected a name"),
        (("a", [], DAY), "got none"),
        (("a", ["read", "all"], DAY), "got all"),
        (("a", ["read"], 1), "expected a lifetime"),
        (("a", ["read"], 367 * DAY), "expected a lifetime"),
    ],
)
def test_what_cannot_be_made_is_named(tokens, arguments, named):
    with pytest.raises(InputError, match=named):
        tokens.make(*arguments)
    assert tokens.is_empty()


@pytest.mark.parametrize("change", [lambda t: t.rotate("ci", 0), lambda t: t.revoke("ci")])
def test_a_token_that_is_not_there_is_named(tokens, change):
    with pytest.raises(InputError, match="no token ci"):
        change(tokens)


# The command


@pytest.fixture
def token(tmp_path, capsys):
    """Return a function that runs the command `token`: exit code, standard output, standard error."""

    def run(*arguments):
        code = main(["token", *arguments, "--data", str(tmp_path)])
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def test_the_command_prints_a_secret_once_and_alone(token, tmp_path):
    code, secret, said = token("make", "--name", "ci", "--scope", "write", "--scope", "read", "--expires", "12h")
    assert code == 0
    assert secret.count("\n") == 1
    assert "this one time" in said
    code, listed, _ = token("list")
    assert code == 0
    assert listed.startswith("ci  read,write  made ")
    assert secret.strip() not in listed
    database = TrustDatabase(tmp_path)
    assert Tokens(database).find(secret.strip()).name == "ci"
    database.close()


def test_the_command_rotates_and_revokes(token):
    first = token("make", "--name", "ci", "--scope", "write")[1]
    second = token("rotate", "ci", "--overlap", "30m")[1]
    assert first != second
    assert token("list")[1].count("ci  write") == 2
    assert token("revoke", "ci")[0] == 0
    assert token("list")[1] == "there is no token\n"
    assert token("rotate", "ci")[0] == 2
    code, _, said = token("make", "--name", "ci", "--scope", "write", "--expires", "forever")
    assert (code, "expected a time such as 90d" in said) == (2, True)


def test_the_command_knows_every_scope(token):
    flags = [part for scope in SCOPES for part in ("--scope", scope)]
    assert token("make", "--name", "all", *flags)[0] == 0
    with pytest.raises(SystemExit):
        token("make", "--name", "more", "--scope", "everything")
