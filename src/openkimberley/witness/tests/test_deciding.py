"""What a witness answers: every status of the specification, and what it keeps as evidence."""

import pytest

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.merkle import Tree
from openkimberley.trust.notes import Checkpoint, Note, sign_note
from openkimberley.witness.facts import Evidence, EvidenceKind, Held, KnownLog
from openkimberley.witness.rules.deciding import decide
from openkimberley.witness.statements import read_cosignatures, read_logs, read_submission, write_submission
from openkimberley.witness.tests.logs import WITNESSES, Log

NOW = 1_800_000_000


def entries(count, word="entry"):
    return [f"{word} {number}" for number in range(count)]


def held(log, size, at=NOW - 100):
    return KnownLog(log.origin, (log.key,), Held(size, log.root(size), log.note(size), at))


def asked(known, body, now=NOW):
    return decide(known, read_submission(body), now=now)


def test_a_first_checkpoint_and_every_later_one_is_accepted():
    log = Log(entries(9))
    first = asked(KnownLog(log.origin, (log.key,)), log.request(0, 4))
    assert (first.answer, first.accepted.size, first.accepted.root, first.accepted.at) == (None, 4, log.root(4), NOW)
    later = asked(KnownLog(log.origin, (log.key,), first.accepted), log.request(4), NOW + 5)
    assert (later.accepted.size, later.accepted.at) == (9, NOW + 5)


def test_the_same_size_is_cosigned_again_as_a_sign_of_life():
    log = Log(entries(9))
    assert asked(held(log, 9), log.request(9)).accepted.at == NOW


def test_only_the_journals_own_lines_are_held_and_no_flood_of_others():
    log = Log(entries(9))
    flood = "".join(f"— stranger{n} {'A' * 1200}\n" for n in range(60))
    body = log.request(0) + flood.encode() + b"\xe2\x80\x94 odd AAA\n"
    decision = asked(KnownLog(log.origin, (log.key,)), body)
    assert decision.accepted.note == log.note()


def test_a_checkpoint_that_says_too_much_is_refused():
    log = Log(entries(3))
    text = Checkpoint(log.origin, 3, log.root(), ("x" * 17_000,)).text
    with pytest.raises(Untrusted):
        read_submission(write_submission(0, [], sign_note(text, name=log.origin, signer=log.signer)).encode())


def test_an_empty_journal_is_a_journal():
    log = Log()
    assert asked(KnownLog(log.origin, (log.key,)), log.request(0)).accepted.size == 0
    lying = Log()
    lying.root = lambda size=None: bytes(32)
    assert asked(KnownLog(log.origin, (log.key,)), write_submission(0, [], lying.note()).encode()).answer.status == 409


def test_an_unknown_journal_and_an_unknown_key_are_told_apart():
    log, other = Log(entries(3)), Log(entries(3), seed=5)
    assert asked(None, log.request(0)).answer.status == 404
    assert asked(KnownLog(log.origin, (other.key,)), log.request(0)).answer.status == 403
    assert asked(KnownLog(log.origin, (WITNESSES["be"].key,)), log.request(0)).answer.status == 403
    altered = log.request(0).replace(b"\n3\n", b"\n2\n")
    assert asked(KnownLog(log.origin, (log.key,)), altered).answer.status == 403


def test_a_wrong_old_size_is_answered_with_the_right_one():
    log = Log(entries(9))
    for old in (0, 3, 7):
        answer = asked(held(log, 5), log.request(old)).answer
        assert (answer.status, answer.body, answer.content_type) == (409, "5\n", "text/x.tlog.size")
    assert asked(held(log, 5), write_submission(10, [], log.note()).encode()).answer.status == 400


def test_a_beginning_from_nothing_has_no_proof():
    log = Log(entries(3))
    body = write_submission(0, [bytes(32)], log.note()).encode()
    decision = asked(KnownLog(log.origin, (log.key,)), body)
    assert (decision.answer.status, decision.accepted, decision.evidence) == (422, None, None)


def test_t9_two_roots_of_one_size_are_refused_and_both_are_kept():
    log, fork = Log(entries(5)), Log([*entries(4), "another"])
    for body in (fork.request(5), fork.request(0)):
        decision = asked(held(log, 5), body)
        assert decision.answer.status == 409
        assert decision.accepted is None
        assert decision.evidence.kind is EvidenceKind.EQUIVOCATION
        roots = set()
        for text in (decision.evidence.held, decision.evidence.shown):
            note = Note.parse(text)
            assert [found.key for found in note.verified([log.key])] == [log.key]
            roots.add(Checkpoint.parse(note.text).root)
        assert roots == {log.root(), fork.root()}


def test_t9_a_longer_fork_is_refused_and_kept_but_is_no_proof_by_itself():
    log, fork = Log(entries(5)), Log([*entries(4), "another", "more"])
    decision = asked(held(log, 5), fork.request(5))
    assert (decision.answer.status, decision.evidence.kind) == (422, EvidenceKind.UNPROVED)
    # anybody can send a true checkpoint with a wrong proof: that must not accuse the journal
    true = Log(entries(6))
    wrong = asked(held(log, 5), write_submission(5, [bytes(32)], true.note()).encode())
    assert (wrong.answer.status, wrong.evidence.kind) == (422, EvidenceKind.UNPROVED)


def test_a_clock_that_went_back_signs_nothing_and_a_small_step_signs_no_earlier_time():
    log = Log(entries(9))
    assert asked(held(log, 5, at=NOW + 61), log.request(5)).answer.status == 503
    assert asked(held(log, 5, at=NOW + 30), log.request(5)).accepted.at == NOW + 30


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b"old 5", b"old 05"),
        lambda body: body.replace(b"old 5", b"old -5"),
        lambda body: body.replace(b"old 5", b"Old 5"),
        lambda body: body.replace(b"old 5\n", b"old 5\n" + b"AAAA\n"),
        lambda body: body.replace(b"old 5\n", b"old 5\n" + b"A" * 43 + b"=\n" * 1 + (b"A" * 43 + b"=\n") * 63),
        lambda body: body.replace(b"old 5\n", b"old 5\nnot base64\n"),
        lambda body: body.replace(b"\n\n", b"\n"),
        lambda body: body[:-1],
        lambda body: b"",
        lambda body: b"\xff" + body,
        lambda body: body + b"x" * 140_000,
    ],
)
def test_what_is_no_request_is_refused(change):
    with pytest.raises(Untrusted):
        read_submission(change(Log(entries(9)).request(5)))


def test_a_request_reads_back():
    log = Log(entries(9))
    shown = read_submission(log.request(5))
    assert (shown.old, shown.checkpoint.size) == (5, 9)
    assert list(shown.proof) == Tree(9, log.tree).consistency(5)


def test_of_an_answer_only_known_witnesses_count_and_all_of_those_must_hold():
    log = Log(entries(3))
    note = Note.parse(log.note())
    be, za = WITNESSES["be"], WITNESSES["za"]
    body = be.line(note, NOW).line + za.line(note, NOW).line
    assert [line.name for line in read_cosignatures(body, note.text, [za.key])] == [za.name]
    for bad, keys in ((body, [WITNESSES["csc"].key]), (be.line(Log(entries(2)).note(), NOW).line, [be.key]),
                      ("5\n", [be.key]), ("", [be.key]), (body * 40, [be.key])):  # fmt: skip
        with pytest.raises(Untrusted):
            read_cosignatures(bad, note.text, keys)


def test_a_list_of_journals_is_one_key_a_line():
    one, other = Log(), Log(seed=3)
    found = read_logs(f"# journals\n\n{one.key.text} https://bw.example/journal\n{other.key.text}\n")
    assert found == {one.origin: (one.key, other.key)}
    with pytest.raises(Untrusted):
        read_logs("what is this")


def test_the_same_two_checkpoints_are_one_piece_of_evidence_whoever_cosigned_them():
    log, fork = Log(entries(5)), Log([*entries(4), "another"])
    plain = Evidence(EvidenceKind.EQUIVOCATION, log.origin, log.note(), fork.note())
    cosigned = Evidence(EvidenceKind.EQUIVOCATION, log.origin, log.note(be=NOW), fork.note(za=NOW))
    assert plain.fingerprint == cosigned.fingerprint
