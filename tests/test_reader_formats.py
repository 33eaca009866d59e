"""What published formats hold besides plain messages, reader by reader, and files that nobody should have to read.

Bots, forwards, deleted accounts, moderators, edits; references, windows of thirty days, texts that look like envelopes,
malformed headers; deep, huge, endless and foreign files, and names that would command a terminal.
"""

import gzip
import json
import math
import os
import zipfile

import numpy as np
import pytest

from experiments.cli import main
from sim.logs.log import LogError, printable
from sim.logs.patterns import patterns
from sim.logs.readers import mbox, read, recognised
from tests.test_readers import SECRETS, discord, fault, rows, slack, stack, threads


def given(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


# CSV: the header says what a column is, wherever it stands

EVENTS = [(100, 1, 1, "topic"), (200, 2, 1, "reply"), (300, 3, 3, "topic"), (400, 3, 1, "reply"), (500, 1, 3, "reply")]


def table(*more, name="thread"):
    """The events as a CSV with a fifth column."""
    lines = [",".join(map(str, (*event, cell))) for event, cell in zip(EVENTS, more, strict=True)]
    return f"time,source,target,kind,{name}\n" + "\n".join(lines) + "\n"


def test_a_fifth_column_of_threads_tells_the_threads(tmp_path):
    log = read(given(tmp_path, "log.csv", table(7, 7, 5, 7, 5)))
    hour = 1 / 3600
    assert threads(log) == [(1, round(100 * hour, 3), 2), (3, round(200 * hour, 3), 1)]
    assert patterns(log, resamples=0)["replied"] == 1.0
    named = read(given(tmp_path, "log.csv", table("seven", "seven", "a/5", "", "")))
    assert threads(named) == [(1, round(100 * hour, 3), 2), (3, None, -1)]


def test_rows_in_any_order_keep_their_threads(tmp_path):
    """The same rows in the order of time and in another."""
    lines = table(7, 7, 5, 7, 5).splitlines()
    mixed = "\n".join([lines[0], *lines[:0:-1]]) + "\n"
    texts = {"mixed.csv": mixed, "log.csv": "\n".join(lines)}
    one, other = (sorted(threads(read(given(tmp_path, *item)))) for item in texts.items())
    assert one == other and len(one) == 2


def test_a_thread_that_was_opened_before_the_log_begins_is_left_out(tmp_path):
    log = read(given(tmp_path, "log.csv", table(7, 5, 7, 5, 7)))
    assert [opener for opener, *_ in threads(log)] == [1]  # of 5, what comes first is aimed at somebody


def test_a_fifth_column_of_ratings_tells_none(tmp_path):
    log = read(given(tmp_path, "log.csv", table(7, 7, 5, 7, 5, name="value")))
    assert log.threads is None
    with_guessed = patterns(log, resamples=0)
    assert with_guessed["replied"] == 1.0 and "guessed" in with_guessed.facts["replied"].about


def test_the_column_is_found_by_its_name_wherever_it_stands(tmp_path):
    lines = [f"{thread},{kind},{target},{source},{time},9" for (time, source, target, kind), thread in
             zip(EVENTS, (7, 7, 5, 7, 5), strict=True)]  # fmt: skip
    log = read(given(tmp_path, "log.csv", "Thread,kind,target,source,time,value\n" + "\n".join(lines) + "\n"))
    plain = read(given(tmp_path, "plain.csv", table(7, 7, 5, 7, 5)))
    assert rows(log) == rows(plain) and threads(log) == threads(plain)


def test_a_table_of_threads_beside_the_log_comes_before_the_column(tmp_path):
    path = given(tmp_path, "log.csv", table(7, 7, 5, 7, 5))
    given(tmp_path, "log_threads.csv", "opened,opener,first_reply,first_replier\n100,1,,\n")
    assert threads(read(path)) == [(1, None, -1)]


@pytest.mark.parametrize("unknown", ["-1", ""])
def test_a_thread_whose_opener_is_unknown_is_left_out(tmp_path, unknown):
    path = given(tmp_path, "log.csv", table(7, 7, 5, 7, 5))
    given(tmp_path, "log_threads.csv",
          f"opened,opener,first_reply,first_replier\n100,{unknown},200,2\n300,3,,\n")  # fmt: skip
    assert threads(read(path)) == [(3, None, -1)]


@pytest.mark.parametrize(
    "text", ["Ada <ADA@Example.org>", "ada@example.ORG", "ada at example.org (Ada)", " Ada@example.org "]
)
def test_mbox_one_address_is_one_sender_however_it_is_written(text):
    assert mbox._author(text) == "ada@example.org"


def test_a_text_of_several_lines_is_one_row(tmp_path):
    text = 'time,note,source,target\n1,"two\nlines, and a ""quote""",2,3\n\nx,plain,2,3\n'
    fault(given(tmp_path, "log.csv", text), "row 4: column `time`: 'x'")
    log = read(given(tmp_path, "log.csv", text.replace("x,", "5,")))
    assert log.time.tolist() == [1.0, 5.0] and log.source.tolist() == [2, 2]


def test_ids_up_to_the_largest_of_64_bits(tmp_path):
    log = read(given(tmp_path, "log.csv", "time,source,target\n1.25, 007 ,+9000000000000000000\n"))
    assert (log.time[0], log.source[0], log.target[0]) == (1.25, 7, 9 * 10**18)
    fault(given(tmp_path, "log.csv", "time,source,target\n1,7,9223372036854775807\n"), "row 2: column `target`")


# Discourse


HEAD = "id,user_id,username,topic_id,post_number,reply_to_post_number,reply_to_user_id,post_type,created_at,updated_at"


def posts(tmp_path, *lines):
    return given(tmp_path, "posts.csv", "\n".join([HEAD, *lines, ""]))


def at(hour):
    return f"2024-01-02 {hour:02}:00:00 UTC"


def test_discourse_a_deleted_account_is_nobody_and_may_have_been_the_first_to_reply(tmp_path):
    log = read(posts(tmp_path,
                     f"1,11,alice,5,1,,,1,{at(10)},{at(10)}", f"2,,,5,2,,,1,{at(11)},{at(11)}",
                     f"3,12,bob,5,3,2,,1,{at(12)},{at(12)}", f"4,,,6,1,,,1,{at(13)},{at(13)}",
                     f"5,12,bob,6,2,,,1,{at(14)},{at(14)}"))  # fmt: skip
    # What answers the deleted account is addressed to everybody; the thread that it opened is nobody's.
    assert rows(log) == [(0, 0, "topic"), (1, 1, "reply"), (1, 1, "reply")]
    assert threads(log) == [(0, 1.0, -1)]


@pytest.mark.parametrize(("post_type", "kept"), [("", True), ("1", True), ("2", False), ("3", False), ("4", False)])
def test_discourse_leaves_out_acts_of_moderators_notices_and_whispers(tmp_path, post_type, kept):
    log = read(posts(tmp_path, f"1,11,alice,5,1,,,1,{at(10)},{at(10)}",
                     f"2,12,bob,5,2,,,{post_type},{at(11)},{at(11)}"))  # fmt: skip
    assert len(log) == 1 + kept


def test_discourse_an_edit_changes_neither_the_time_nor_the_number_of_posts(tmp_path):
    log = read(posts(tmp_path, f"1,11,alice,5,1,,,1,{at(10)},2025-06-01 10:00:00 UTC"))
    assert log.time.tolist() == [1_704_189_600.0]


def test_discourse_moderators_and_administrators_are_staff_and_the_system_is_nobody(tmp_path):
    path = posts(tmp_path, f"1,11,alice,5,1,,,1,{at(10)},{at(10)}", f"2,12,bob,5,2,,,1,{at(11)},{at(11)}",
                 f"3,13,carol,5,3,,,1,{at(12)},{at(12)}", f"4,-2,discobot,5,4,,,1,{at(13)},{at(13)}")  # fmt: skip
    given(tmp_path, "user-list-1.csv", "id,username,created_at,admin,moderator\n11,alice,,f,f\n12,bob,,t,f\n"
          f"13,carol,{at(9)},false,true\n")  # fmt: skip
    log = read(path)
    assert log.staff.tolist() == [1, 2] and len(log) == 3
    assert np.isnan(log.accounts.joined).tolist() == [True, True, False]


def test_discourse_the_system_is_known_by_its_number_where_names_are_not_exported(tmp_path):
    path = given(tmp_path, "posts.csv", "user_id,topic_id,post_number,created_at\n"
                 f"11,5,1,{at(10)}\n-1,5,2,{at(11)}\n-2,5,3,{at(12)}\n12,5,4,{at(13)}\n")  # fmt: skip
    assert rows(read(path)) == [(0, 0, "topic"), (1, 0, "reply")]


def test_discourse_without_a_pointer_a_reply_is_to_the_last_other_writer_of_the_topic(tmp_path):
    writers = ["alice", "alice", "bob", "bob", "bob", "carol", "alice", "alice"]
    path = given(tmp_path, "posts.csv", "username,topic_id,post_number,created_at\n"
                 + "".join(f"{who},5,{k},{at(k)}\n" for k, who in enumerate(writers, 1)))  # fmt: skip
    to = [(0, 0), (0, 0), (1, 0), (1, 0), (1, 0), (2, 1), (0, 2), (0, 2)]
    assert [row[:2] for row in rows(read(path))] == to


# Slack


def slack_day(tmp_path, *messages, users=()):
    path = slack(tmp_path, json.dumps([{"type": "message", **message} for message in messages]))
    if not users:
        return read(path)
    with zipfile.ZipFile(path) as file:
        kept = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w") as file:
        for name, data in {**kept, "users.json": json.dumps(list(users)).encode()}.items():
            file.writestr(name, data)
    return read(path)


def test_slack_bots_by_any_sign_are_left_out(tmp_path):
    log = slack_day(
        tmp_path,
        {"user": "U0ALICE", "text": "x", "ts": "1700000000.0"},
        {"user": "U0BOT", "text": "an account that is a bot", "ts": "1700000001.0"},
        {"user": "U0BOB", "bot_id": "B1", "text": "an application in its name", "ts": "1700000002.0"},
        {"user": "USLACKBOT", "text": "Slack's own", "ts": "1700000003.0"},
        {"subtype": "bot_message", "bot_id": "B1", "text": "old kind", "ts": "1700000004.0"},
        {"user": "U0BOB", "text": "thank you <@U0BOT>", "ts": "1700000005.0"},
    )
    assert rows(log) == [(0, 0, "chat"), (1, 1, "mention"), (0, 0, "chat")]  # the last is of another day


def test_slack_an_edit_is_no_message_and_a_removed_one_none_either(tmp_path):
    log = slack_day(
        tmp_path,
        {"user": "U0ALICE", "text": "x", "ts": "1700000000.0", "edited": {"user": "U0ALICE", "ts": "1700009999.0"}},
        {"subtype": "message_changed", "ts": "1700000001.0", "message": {"user": "U0ALICE", "ts": "1700000000.0"}},
        {"subtype": "message_deleted", "ts": "1700000002.0", "deleted_ts": "1700000000.0"},
        {"subtype": "tombstone", "user": "USLACKBOT", "ts": "1700000003.0", "thread_ts": "1700000003.0"},
        {"user": "U0BOB", "text": "to what is gone", "ts": "1700000004.0", "thread_ts": "1700000003.0",
         "parent_user_id": "USLACKBOT"},
        {"user": "U0BOB", "subtype": "thread_broadcast", "text": "also to the channel", "ts": "1700000005.0",
         "thread_ts": "1700000000.0", "root": {"user": "U0ALICE"}},
    )  # fmt: skip
    assert log.time.tolist()[:3] == [1_700_000_000.0, 1_700_000_004.0, 1_700_000_005.0]
    assert rows(log)[:3] == [(0, 0, "chat"), (1, 1, "reply"), (1, 0, "reply")]


def test_slack_deleted_accounts_stay_and_owners_are_staff(tmp_path):
    users = [
        {"id": "U0ALICE", "deleted": True},
        {"id": "U0BOB", "is_owner": True},
        {"id": "U0CAROL", "is_primary_owner": True},
        {"id": "U0DAVE", "is_admin": False, "is_bot": None},
    ]
    log = slack_day(tmp_path, {"user": "U0ALICE", "text": "x", "ts": "1700000000.0"}, users=users)
    assert log.accounts.member.tolist() == [0, 1, 2, 3] and log.staff.tolist() == [1, 2]


# Discord

GONE = "456226577798135808"  # under which Discord puts all accounts that are gone


def change(**more):
    """A change of the second message of the export."""
    return lambda export: export["messages"][1].update(more)


def test_discord_a_forward_is_no_reply(tmp_path):
    log = read(discord(tmp_path, change(type="Default", reference={"type": "Forward", "messageId": "901"})))
    assert rows(log)[1] == (1, 1, "chat")
    log = read(discord(tmp_path, change(type="Default", reference={"type": 1, "messageId": "901"})))
    assert rows(log)[1] == (1, 1, "chat")
    log = read(discord(tmp_path, change(reference={"type": 0, "messageId": 901})))
    assert rows(log)[1] == (1, 0, "reply")


def test_discord_accounts_that_are_gone_share_one_id_and_are_nobody(tmp_path):
    def gone(export):
        export["messages"][1]["author"] |= {"id": GONE, "name": "Deleted User"}
        export["messages"][4]["mentions"] = [{"id": GONE, "isBot": False}]

    log = read(discord(tmp_path, gone, kind="GuildForum/GuildPublicThread"))
    assert rows(log) == [(0, 0, "topic"), (0, 0, "reply")]
    assert threads(log) == [(0, 1.5, -1)]
    assert rows(read(discord(tmp_path, gone)))[-1] == (0, 0, "chat")


def test_discord_what_a_deleted_message_was_answered_with_is_to_everybody(tmp_path):
    assert rows(read(discord(tmp_path, change(reference={"type": "Default", "messageId": "12345"}))))[1][:2] == (1, 1)


def test_discord_edits_keep_the_time_and_mentions_of_oneself_aim_at_nobody(tmp_path):
    log = read(discord(tmp_path, lambda export: export["messages"][4].update(
        timestampEdited="2025-01-01T00:00:00+00:00", mentions=[{"id": "811", "isBot": False}])))  # fmt: skip
    assert rows(log)[-1] == (0, 0, "chat") and log.time[-1] == 1_704_196_920


def test_discord_threads_of_one_folder_are_kept_apart(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    discord(folder, kind="GuildPublicThread", name="one.json")

    def other(export):
        export["channel"]["id"] = "3"
        for message in export["messages"]:
            message["id"] = f"1{message['id']}"

    discord(folder, other, kind="GuildPrivateThread", name="two.json")
    assert threads(read(folder)) == [(0, 1.5, 1), (0, 1.5, 1)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mentions": 5}, "message 2: mentions: must be a valid list"),
        ({"mentions": [{"name": "alice"}]}, "message 2: mention 1: has no id"),
        ({"author": "alice"}, "message 2: author: "),
        ({"author": {"name": "alice"}}, "message 2: author: has no id"),
        ({"reference": [1]}, "message 2: reference: "),
    ],
)
def test_discord_of_another_form_is_named_without_a_word_of_what_it_holds(tmp_path, wrong, message):
    first, *_ = read(discord(tmp_path, change(**wrong))).notes
    assert first.startswith("1 of 3 messages left out, the first: ") and f"general.json: {message}" in first
    assert not any(secret in first for secret in SECRETS)


# Stack Exchange


def test_stack_exchange_deleted_accounts_and_edits(tmp_path):
    folder = stack(tmp_path, '<?xml version="1.0" encoding="utf-8"?>\n<posts>\n'
                   '<row Id="1" PostTypeId="1" CreationDate="2024-01-02T10:00:00.000" OwnerDisplayName="dave" />\n'
                   '<row Id="2" PostTypeId="2" ParentId="1" CreationDate="2024-01-02T11:00:00" OwnerUserId="22" '
                   'LastEditDate="2024-05-02T11:00:00" LastEditorUserId="21" />\n'
                   '<row Id="3" PostTypeId="2" ParentId="1" CreationDate="2024-01-02T11:30:00" OwnerUserId="-1" />\n'
                   "</posts>")  # fmt: skip
    log = read(folder)
    # The answer to whoever is gone is to everybody; the site's own account is nobody; both comments are by people.
    assert rows(log) == [(0, 0, "answer"), (1, 0, "comment_a"), (0, 0, "comment_a")]
    assert log.time[0] == 1_704_193_200 and log.threads is None  # the question's asker is gone, and with it the thread


# mbox


def mail(number, hour, author="alice", subject="Wonderland", more="", text="x", date=None):
    date = date or f"Tue, 2 Jan 2024 {hour:02}:00:00 +0000"
    return (f"From {author} at example.org  Tue Jan  2 {hour:02}:00:00 2024\nFrom: {author}@example.org\nDate: {date}\n"
            f"Subject: {subject}\nMessage-ID: <{number}@example.org>\n{more}\n{text}\n\n")  # fmt: skip


def mailbox(tmp_path, *mails):
    return read(given(tmp_path, "list.mbox", "".join(mails)))


def test_mbox_in_reply_to_comes_before_references(tmp_path):
    both = "In-Reply-To: <1@example.org>\nReferences: <2@example.org>\n"
    log = mailbox(tmp_path, mail(1, 10), mail(2, 11, "bob", "Other"), mail(3, 12, "carol", "Third", both))
    assert rows(log)[2] == (2, 0, "reply")


def test_mbox_without_in_reply_to_the_last_reference_counts(tmp_path):
    only = "References: <1@example.org>\n\t<2@example.org>\n"
    log = mailbox(tmp_path, mail(1, 10), mail(2, 11, "bob", "Other"), mail(3, 12, "carol", "Third", only))
    assert rows(log)[2] == (2, 1, "reply")


@pytest.mark.parametrize(("day", "kind"), [(29, "reply"), (30, "reply"), (31, "topic")])
def test_mbox_a_subject_belongs_to_one_thread_for_thirty_days(tmp_path, day, kind):
    later = {29: "31 Jan", 30: "1 Feb", 31: "2 Feb"}[day] + " 2024 10:00:00 +0000"
    log = mailbox(tmp_path, mail(1, 10), mail(2, 10, "bob", "Re: Wonderland", date=later))
    assert rows(log)[1] == (1, 0 if kind == "reply" else 1, kind)


def test_mbox_the_thirty_days_begin_anew_with_each_message(tmp_path):
    dates = [f"{day} 2024 10:00:00 +0000" for day in ("2 Jan", "31 Jan", "28 Feb", "30 Mar")]
    log = mailbox(tmp_path, *(mail(k, 10, "ab"[k % 2] * 3, date=date) for k, date in enumerate(dates)))
    assert [kind for *_, kind in rows(log)] == ["topic", "reply", "reply", "topic"]  # the last after 31 days


@pytest.mark.parametrize(
    "text",
    [
        "From the start, nobody answered.",
        "From Monday on, at 10:00, we meet.",
        "From: alice@example.org is what the header says",
        ">From alice at example.org  Tue Jan  2 10:00:00 2024",
    ],
)
def test_mbox_a_text_that_begins_with_from_is_no_message(tmp_path, text):
    log = mailbox(tmp_path, mail(1, 10, text=f"yes\n{text}\n\nmore"), mail(2, 11, "bob"))
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply")] and not log.notes


def test_mbox_what_looks_like_a_message_and_has_no_sender_is_counted(tmp_path):
    forwarded = "see below:\n\nFrom bob at example.org  Mon Jan  1 09:00:00 2024\n\nthe text of another"
    log = mailbox(tmp_path, mail(1, 10, text=forwarded), mail(2, 11, "bob"))
    assert len(log) == 2 and log.notes == ("1 of 3 messages left out, the first: message 2: has no sender (From:)",)


@pytest.mark.parametrize(
    "subject",
    ["=?utf-8?b?V29uZGVybGFuZ?=", "=?utf-8?q?=FF=FE?=", "=?no-such-charset?q?x?=", "=?utf-8?x?abc?=", "=?",
     "=?utf-8?b?a?="],
)  # fmt: skip
def test_mbox_malformed_encoded_headers_are_taken_as_they_are(tmp_path, subject):
    log = mailbox(tmp_path, mail(1, 10, subject=subject), mail(2, 11, "bob", f"Re: {subject}"))
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply")] and not log.notes


def test_mbox_encoded_subjects_are_compared_as_read(tmp_path):
    log = mailbox(
        tmp_path, mail(1, 10, subject="=?utf-8?q?Caf=C3=A9?="), mail(2, 11, "bob", "AW: =?iso-8859-1?q?caf=E9?=")
    )
    assert rows(log)[1] == (1, 0, "reply")


@pytest.mark.parametrize("date", ["", "soon", "Tue, 99 Jan 2024 10:00:00 +0000", "Tue, 2 Jan 1024 10:00:00 +0000",
                                  "Tue, 2 Jan 99999 10:00:00 +0000", "0 0 0 0 0", ",", "Mon, 1 1 1"])  # fmt: skip
def test_mbox_a_date_that_is_none_costs_one_message(tmp_path, date):
    log = mailbox(tmp_path, mail(1, 10), mail(2, 11, "bob", date=date or " "), mail(3, 12, "carol"))
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply")]
    assert log.notes[0].startswith("1 of 3 messages left out, the first: message 2: the ")


def test_mbox_what_was_left_out_is_told(tmp_path, capsys):
    path = given(tmp_path, "list.mbox", mail(1, 10) + mail(2, 11, "bob", date="soon"))
    assert main(["patterns", str(path), "--quiet"]) == 0
    assert "1 of 2 messages left out, the first: message 2: the date 'soon' is none" in capsys.readouterr().out
    assert main(["patterns", str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["notes"]) == 1


def test_mbox_raw_bytes_in_headers(tmp_path):
    data = mail(1, 10, subject="caf\xe9").encode("latin-1") + mail(2, 11, "bob", "Re: caf\xe9").encode("latin-1")
    assert rows(read(given(tmp_path, "list.mbox", data)))[1] == (1, 0, "reply")


# Deep, huge, endless and foreign files


def refused(path, message, capsys, kind=None):
    """The command says in one line what is wrong, and ends with exit code 2."""
    words = ["patterns", str(path), "--quiet", *(["--kind", kind] if kind else [])]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1 and "Traceback" not in told and told.strip().isprintable()


def test_a_pipe_without_an_end_is_not_opened(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv", "is not a file or a folder", capsys)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder/pipe.csv")
    refused(tmp_path / "folder", "holds no log", capsys)
    refused("/dev/zero", "is not a file or a folder", capsys)
    refused(tmp_path / ("x" * 300), "cannot be read (File name too long)", capsys)


@pytest.mark.parametrize("kind", ["discord", "slack"])
def test_json_of_endless_depth(tmp_path, capsys, kind):
    deep = "[" * 200_000
    if kind == "discord":
        path = given(tmp_path, "deep.json", '{"guild": {}, "channel": {}, "messages": ' + deep)
    else:
        path = slack(tmp_path, deep)
    refused(path, "is JSON with lists in lists", capsys)


def test_json_with_a_number_of_thousands_of_digits(tmp_path, capsys):
    path = given(tmp_path, "odd.json", '{"guild": {}, "channel": {}, "messages": [' + "9" * 10_000 + "]}")
    refused(path, "numbers, beyond any export", capsys)


def test_xml_that_grows_as_it_is_read(tmp_path, capsys):
    names = "abcdefghij"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip(names, names[1:], strict=False))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "{"ha" * 50}">{entities}]><posts><row Id="&j;"/></posts>'
    refused(given(tmp_path, "Posts.xml", text), "is not XML", capsys)


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_what_is_huge_unpacked(tmp_path, capsys, kind, monkeypatch):
    monkeypatch.setattr("sim.logs.readers.files.LARGEST_FILE", 100_000)
    data = b"time,source,target\n" + b"1,2,3\n" * 100_000
    if kind == "zip":
        path = tmp_path / "huge.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("posts.csv", data)
    else:
        path = given(tmp_path, "huge.csv.gz", gzip.compress(data))
    refused(path, "is too large; at most 100,000 bytes, unpacked", capsys)


def test_a_folder_of_more_files_than_any_export(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sim.logs.readers.files.MOST_FILES", 3)
    for k in range(4):
        given(tmp_path, f"{k}.txt", "x")
    refused(tmp_path, "holds more than 3 files", capsys)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not text"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is not text in UTF-8"),
        (b"SQLite format 3\0", "is not text"),
        ("time,source,target\n1,2,3\n".encode("utf-32"), "is not text"),
        (b"\xff" * 100, "is not text in UTF-8"),
        (b"[1, 2", "is JSON, but not of DiscordChatExporter"),
        (b"<?xml version='1.0'?><users><row/></users>", "is XML, but not Posts.xml"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive"),
        (b"PK\x03\x04", "is a broken zip file"),
        (b"\x1f\x8b\x08", "is a broken gzip file"),
        (b'time,source,target\n1,2,"3\n', "a quotation mark is not closed"),
        (b"time\rsource\rtarget\r1\r2\r3\r", "is no header of a CSV"),
        (b"time," + b"x" * 200_000 + b"\n1,2\n", "is no header of a CSV"),
        (b"time,source,target\n" + b"1" * 5_000 + b",2,3\n", "is not allowed"),
        (b"time,source,target\n1e999,2,3\n", "is not allowed"),
        (b"time,source,target\n1,2,3\n1,\xff\n", "is not text in UTF-8"),
        (b"<?xml version='1.0' encoding='utf-99'?><posts><row/></posts>", "is XML in an encoding"),
        (b"<?xml version='1.0' encoding='shift_jis'?><posts><row/></posts>", "is XML in an encoding"),
    ],
)
@pytest.mark.parametrize("kind", [None, "csv"])
def test_foreign_files(tmp_path, capsys, data, message, kind):
    if kind == "csv" and data[:1] in b"[<7P":
        message = ""
    refused(given(tmp_path, "foreign", data), message, capsys, kind)


@pytest.mark.parametrize("kind", ["discourse", "slack", "discord", "stackexchange", "mbox"])
@pytest.mark.parametrize(
    "data", [b"", b"\0" * 99, b"{}", b"[]", b"<posts/>", b"From ", b'"', b"\xff\xfe", b"a,b\n1,2\n"]
)
def test_a_forced_kind_that_is_another(tmp_path, capsys, kind, data):
    refused(given(tmp_path, "foreign", data), "", capsys, kind)


# Names that would command a terminal

NASTY = "a\x1b[2J\x1b]0;mine\x07\u202e[red][bold]"


def test_a_file_name_cannot_command_a_terminal(tmp_path, capsys):
    refused(given(tmp_path, f"{NASTY}.csv", "when,who\n1,2\n"), "a\\x1b[2J\\x1b]0;mine\\x07\\u202e[red]", capsys)
    path = given(tmp_path, f"{NASTY}.csv", "time,source,target\n1,2,3\n")
    assert read(path).name == "a\\x1b[2J\\x1b]0;mine\\x07\\u202e[red][bold].csv"
    for words in ([], ["--quiet"]):
        assert main(["patterns", str(path), *words]) == 0
        shown = capsys.readouterr()
        assert not set("\x1b\x07\u202e") & set(shown.out + shown.err)
        assert "a\\x1b[2J\\x1b]0;mine\\x07\\u202e[red][bold].csv" in shown.out


def test_a_path_is_no_markup(tmp_path, capsys):
    (tmp_path / "a[").mkdir()
    path = given(tmp_path / "a[", "bold].csv", "time,source,target\n1,2,3\n")
    assert main(["patterns", str(path)]) == 0
    assert "a[/bold].csv" in capsys.readouterr().err


def test_names_within_a_log_cannot_command_a_terminal(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as file:
        file.writestr(f"{NASTY}.csv", "user_id,topic_id,post_number,created_at\n1,x,1,2024-01-02\n")
    refused(tmp_path / "export.zip", "\\x1b[2J", capsys)
    refused(given(tmp_path, "log.csv", f"time,source,{NASTY}\n1,2,3\n"), "it says: time, source, a\\x1b[2j", capsys)
    refused(given(tmp_path, "log.csv", f"time,source,target\n1,2,{NASTY}\n"), "\\x1b[2J", capsys)
    refused(given(tmp_path, "log.csv", f"time,source,target,kind\n1,2,3, {NASTY}\n"), "\\x1b[2J", capsys)


def test_printable_leaves_words_as_they_are():
    assert printable("Café „log“ 日本.csv") == "Café „log“ 日本.csv"
    assert printable("a\nb\x9b\u2028") == "a\\nb\\x9b\\u2028"


def test_an_error_can_travel_between_processes():
    import pickle

    assert str(pickle.loads(pickle.dumps(LogError("log.csv: has\x1b no events")))) == "log.csv: has\\x1b no events"


def test_recognised_by_what_lies_in_a_folder(tmp_path):
    (tmp_path / "a").mkdir()
    given(tmp_path, "a/notes.csv", "when,who\n1,2\n")
    with pytest.raises(LogError, match="holds no log"):
        recognised(tmp_path / "a")
    given(tmp_path, "a/posts.csv", f"{HEAD}\n1,11,alice,5,1,,,1,{at(10)},{at(10)}\n")
    assert recognised(tmp_path / "a") == "discourse" and len(read(tmp_path / "a")) == 1
    assert math.isnan(read(tmp_path / "a").threads.first_reply[0])
