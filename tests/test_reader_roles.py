"""What exports tell besides messages: who is staff, what is an announcement or event, how much was left out."""

import json
import zipfile

import numpy as np
import pytest

from experiments.calibration import fitting
from experiments.cli import main
from experiments.effects import logs, page
from experiments.effects.page import logs_in
from experiments.runs.given import BadInput
from sim.logs.log import LogError
from sim.logs.patterns import patterns
from sim.logs.readers import read
from sim.logs.readers.files import Files
from sim.logs.readers.names import of_staff, opened_in, plain
from sim.logs.readers.table import Table
from tests.test_readers import discord, nothing_leaks, rows, stack, threads

HEAD = "user_id,username,topic_id,post_number,reply_to_post_number,reply_to_user_id,post_type,created_at"
USERS = [{"id": "U0ALICE", "is_admin": True}, {"id": "U0BOB"}, {"id": "U0BOT", "is_bot": True}]


def at(hour):
    return f"2024-01-02 {hour:02}:00:00 UTC"


def posts(tmp_path, *lines, more=""):
    """Posts of the Data Explorer, with more columns at the end."""
    path = tmp_path / "posts.csv"
    path.write_text("\n".join([HEAD + more, *lines, ""]))
    return path


def in_slack(tmp_path, *messages, channel="general", users=USERS):
    """The export of a workspace with one day of one channel; `messages` also without a type."""
    path = tmp_path / "slack.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("users.json", json.dumps(users))
        file.writestr("channels.json", json.dumps([{"id": "C1", "name": channel, "members": []}]))
        file.writestr(f"{channel}/2023-11-14.json", json.dumps(messages))
    return path


def said(second, user="U0ALICE", **more):
    """A message of Slack."""
    return {"type": "message", "user": user, "text": "x", "ts": f"{1_700_000_000 + second}.000100", **more}


# What is left out is counted


def test_slack_counts_bots_and_what_the_system_says(tmp_path):
    log = read(in_slack(
        tmp_path,
        said(0, "U0BOB", subtype="channel_join"), said(1, subtype="pinned_item", item_type="C"),
        said(2, subtype="channel_topic", topic="y"), said(3, "USLACK", subtype="huddle_thread"),
        said(4, None, subtype="bot_message", bot_id=None, username="poll"), said(5, "U0BOT"),
        said(6, "U0BOB", text="", files=[{"id": "F1"}], upload=True),
        said(7, subtype="thread_broadcast", thread_ts="1700000006.000100", root={"user": "U0BOB"}),
        said(9) | {"type": "file_shared"}, {"type": "message", "user": "U0BOB", "text": "no time"}, said(8, None),
        "a text in place of a message",
        said(6, "U0BOB", text="", files=[{"id": "F1"}], upload=True),
    ))  # fmt: skip
    assert rows(log) == [(0, 0, "chat"), (1, 0, "reply")]  # a message without a word holds a file
    assert (
        log.notes[0].startswith("3 of 5 messages left out, the first: ") and "message 10: ts '' is none" in log.notes[0]
    )
    assert log.notes[1:] == (
        "messages of the system (joins, pins, notices) left out: 5",
        "messages by bots left out: 2",
        "messages that are there twice left out: 1",
    )


@pytest.mark.parametrize("kind", ["ChannelPinnedMessage", "GuildMemberJoin", "ThreadCreated", "20", "ChatInputCommand"])
def test_discord_counts_bots_and_what_the_system_says(tmp_path, kind):
    log = read(discord(tmp_path, lambda export: export["messages"][3].update(type=kind)))
    assert len(log) == 3
    assert log.notes == ("messages by bots left out: 1", "messages of the system (joins, pins, notices) left out: 1")


def test_discord_channels_that_were_exported_twice_count_once(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    for name in ("may.json", "june.json"):
        discord(folder, name=name)
    log = read(folder)
    assert len(log) == 3 and "messages that are there twice left out: 3" in log.notes


def test_discourse_counts_notices_deleted_and_private_posts_and_rows_that_are_none(tmp_path):
    path = posts(
        tmp_path,
        f"11,alice,5,1,,,1,{at(10)},,regular",
        f"12,bob,5,2,,,3,{at(11)},,regular",
        f"12,bob,5,3,,,1,{at(11)},,regular,",
        f"12,bob,5,4,,,4,{at(11)},,regular",
        f"12,bob,5,5,,,1,{at(12)},{at(13)},regular",
        f"11,alice,6,1,,,1,{at(13)},,private_message",
        f"12,bob,5,x,,,1,{at(14)},,regular",
        f"13,carol,5,6,,,1,{at(15)},,regular",
        f",,5,7,,,1,{at(16)},,regular",
        "12,bob,5,8,,,1,soon,,regular",
        more=",deleted_at,archetype",
    )
    log = read(path)
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply")]
    assert log.notes[0].startswith("3 of 6 messages left out, the first: ")
    assert log.notes[0].endswith("posts.csv: row 4: has 11 fields; the header names 10")
    assert log.notes[1:] == ("messages of the system (joins, pins, notices) left out: 2",
                             "messages that were deleted left out: 1", "messages that are private left out: 1",
                             "messages by accounts that are gone left out: 1")  # fmt: skip


def test_rows_keep_their_numbers_below_odd_and_empty_ones(tmp_path):
    path = posts(
        tmp_path, f"11,alice,5,1,,,1,{at(10)}", "12,bob,5,2", "", f"12,bob,5,x,,,1,{at(11)}", "1,2", "1,b,5,3,,,,x"
    )
    with Files(path) as files:
        table = Table(files, path.name, ("topic_id", "created_at"))
    assert (table.rows.tolist(), list(table.odd)) == ([2, 5, 7], [3, 6])
    assert "row 3: has 4 fields" in read(path).notes[0] and read(path).notes[0].startswith("4 of 5 messages left out")


def test_stack_exchange_rows_that_cannot_be_read_are_counted(tmp_path):
    folder = stack(tmp_path)
    for name, old, new in (("Posts.xml", "2024-01-02T10:30:00.000", "2024-13-02"), ("Comments.xml", 'PostId="3"', ""),
                           ("Users.xml", 'Id="23"', "")):  # fmt: skip
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))
    log = read(folder)
    assert len(log) == 3 and log.accounts.member.tolist() == [0]
    assert log.notes[0].startswith("2 of 5 messages left out, the first: ") and "Posts.xml: row 3: " in log.notes[0]
    assert log.notes[1].startswith("1 of 2 accounts left out") and "Users.xml: row 3: has no Id" in log.notes[1]


def mail(number, hour, more="", subject="x", text="text"):
    """A message of an mbox."""
    date = f"Tue, 2 Jan 2024 {hour}:00:00 +0000"
    begin = f"From a at b.org  Tue Jan  2 {hour}:00:00 2024\nFrom: {number}@b.org\nSubject: {subject}\nDate: {date}\n"
    return f"{begin}Message-ID: <{number}@b.org>\n{more}\n{text}\n\n"


def in_mbox(tmp_path, *mails):
    path = tmp_path / "list.mbox"
    path.write_text("".join(mails))
    return read(path)


def test_mbox_counts_what_machines_answered_and_what_is_there_twice(tmp_path):
    automatic, by_hand = "Auto-Submitted: auto-replied\n", "Auto-Submitted: no\n"
    log = in_mbox(tmp_path, mail(1, 10), mail(2, 11, automatic), mail(3, 12, by_hand), mail(1, 10))
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply")]
    assert set(log.notes) == {"messages by bots left out: 1", "messages that are there twice left out: 1"}


def test_mbox_two_messages_of_one_number_are_two_if_they_differ(tmp_path):
    assert len(in_mbox(tmp_path, mail(1, 10), mail(1, 11), mail(1, 10).replace("From: 1@", "From: 2@"))) == 3


def test_mbox_forwards_and_messages_without_a_word_count(tmp_path):
    """A forward stands in the thread of what it forwards."""
    subjects = ["[list] Plan", "Fwd: [list] Plan", "Re[2]: AW: Fw: Plan", "", "Re:"]
    log = in_mbox(tmp_path, *(mail(k, 10 + k, subject=subject, text="") for k, subject in enumerate(subjects)))
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply"), (2, 1, "reply"), (3, 3, "topic"), (4, 4, "topic")]


IMPOSSIBLE = ["2024-02-30T10:00:00", "2024-13-01 00:00:00 UTC", "0000-00-00", "0001-01-01", "9999-12-31", "soon", "-1"]


@pytest.mark.parametrize("date", IMPOSSIBLE)
@pytest.mark.parametrize("make", ["discourse", "discord", "stackexchange"])
def test_a_date_that_cannot_be_costs_one_message(tmp_path, make, date):
    if make == "discourse":
        path = posts(tmp_path, f"11,alice,5,1,,,1,{at(10)}", f"12,bob,5,2,,,1,{date}")
    elif make == "discord":
        path = discord(tmp_path, lambda export: export["messages"][1].update(timestamp=date))
    else:
        path = stack(tmp_path)
        text = (path / "Posts.xml").read_text()
        (path / "Posts.xml").write_text(text.replace("2024-01-02T11:00:00.000", date))
    log = read(path)
    assert len(log) >= 1 and log.notes[0].startswith("1 of ") and "the time" in log.notes[0]


@pytest.mark.parametrize("stamp", ["1e400", "nan", "-5.0", "", "1700000000000.1", "0x10"])
def test_slack_a_stamp_that_cannot_be_costs_one_message(tmp_path, stamp):
    log = read(in_slack(tmp_path, said(0), {**said(1), "ts": stamp}, {**said(2), "thread_ts": stamp}))
    assert len(log) == 1 and log.notes[0].startswith("2 of 3 messages left out, the first: ")


def test_accounts_that_cannot_be_read_cost_themselves_alone(tmp_path):
    log = read(in_slack(tmp_path, said(0), users=[*USERS, {"name": "no id"}, "text"]))
    assert log.staff.tolist() == [0] and log.accounts.member.tolist() == [0, 1]
    assert log.notes[0].startswith("2 of 4 accounts left out") and "users.json: user 4: has no id" in log.notes[0]
    with zipfile.ZipFile(tmp_path / "slack.zip", "a") as file:
        file.writestr("org_users.json", json.dumps(USERS))  # whoever is in both is one account
    assert read(tmp_path / "slack.zip").accounts.member.tolist() == [0, 1]
    path = posts(tmp_path, f"11,alice,5,1,,,1,{at(10)}")
    (tmp_path / "user-list-1.csv").write_text("id,username,created_at,admin,moderator\n11,alice,soon,t,f\n12,bob\n")
    assert read(path).notes[0].startswith("2 of 2 accounts left out")


@pytest.mark.parametrize("make", ["slack", "discord", "discourse"])
def test_nothing_but_what_is_left_out_is_told_in_one_message(tmp_path, make):
    def by_bots(export):
        for message in export["messages"]:
            message["author"]["isBot"] = True

    path = {"slack": lambda: in_slack(tmp_path, said(0, "U0BOT"), said(1, None)),
            "discord": lambda: discord(tmp_path, by_bots),
            "discourse": lambda: posts(tmp_path, f"11,alice,5,1,,,3,{at(10)}")}[make]()  # fmt: skip
    with pytest.raises(LogError, match="has no messages by people: .*left out"):
        read(path)


# Staff


@pytest.mark.parametrize("name", ["Staff", "Team", "Administrator", "🛡️ Moderators", "mod", "- Community Manager -"])
def test_names_of_staff(name):
    assert of_staff("Regular", name)


@pytest.mark.parametrize("name", ["", "Team Rocket", "Modern art", "Supporter", "trust_level_4", "teams", "Ex-staff"])
def test_names_that_only_look_like_those_of_staff(name):
    assert not of_staff(name)


@pytest.mark.parametrize(
    ("more", "staff"),
    [(",admin", "true"), (",moderator", "t"), (",staff", "1"), (",user_title", "Team"),
     (",primary_group_name", "employees"), (",group_names", '"trust_level_0,staff"')],
)  # fmt: skip
def test_discourse_columns_of_the_writer_tell_staff_without_a_list_of_users(tmp_path, more, staff):
    lines = (f"11,alice,5,1,,,1,{at(10)},", f"12,bob,5,2,,,1,{at(11)},{staff}", f"12,bob,5,3,,,1,{at(12)},{staff}",
             f"13,carol,5,4,,,1,{at(13)},{'false' if staff == 'true' else ''}")  # fmt: skip
    log = read(posts(tmp_path, *lines, more=more))
    assert log.staff.tolist() == [1] and len(log) == 4 and nothing_leaks(log, tmp_path)
    assert not read(posts(tmp_path, *lines, more=",title")).staff.size  # of the topic


@pytest.mark.parametrize(("column", "value"), [("title", "Staff"), ("group_names", "admins|team"), ("staff", "yes")])
def test_discourse_a_list_of_users_tells_staff_by_more_than_two_flags(tmp_path, column, value):
    path = posts(tmp_path, f"11,alice,5,1,,,1,{at(10)}", f"12,bob,5,2,,,1,{at(11)}")
    (tmp_path / "user-list-1.csv").write_text(
        f"id,username,created_at,admin,moderator,{column}\n11,alice,{at(9)},f,f,\n12,bob,{at(9)},f,f,{value}\n"
    )
    assert read(path).staff.tolist() == [1]


def test_discord_roles_tell_staff(tmp_path):
    def roles(*names):
        listed = [{"id": str(k), "name": name, "color": None, "position": k} for k, name in enumerate(names)]
        return lambda export: export["messages"][1]["author"].update(roles=listed)

    log = read(discord(tmp_path, roles("Gold", "⚙️ Team")))
    assert log.staff.tolist() == [1] and log.accounts.member.tolist() == [1] and nothing_leaks(log, tmp_path)
    assert read(discord(tmp_path, roles("Gold", "Teamspeak"))).accounts is None
    found = patterns(log, resamples=0)
    assert found["staff_share"] == pytest.approx(1 / 3)
    assert "contributed" not in found.facts  # of the registered, nothing is known


# Kinds


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Announcements", "announcement"), ("📢-announcements", "announcement"), ("news", "announcement"),
     ("EVENTS", "event"), ("contests", "event"), ("announcements-de", None), ("eventually", None), ("", None)],
)  # fmt: skip
def test_names_of_places(name, kind):
    assert opened_in("general", name) == kind


def test_plain_names_keep_letters_of_all_languages():
    assert plain("__Événements_2024__") == "événements"


@pytest.mark.parametrize(
    ("more", "cell", "kind"),
    [
        (",category_name", "Announcements", "announcement"),
        (",category", "events", "event"),
        (",tags", '"help,announcements"', "announcement"),
        (",tags", "help|news", "announcement"),
        (",tags", "announcement-ideas", "topic"),
        (",pinned_globally", "true", "announcement"),
        (",pinned_globally", "false", "topic"),
        (",event_starts_at", "2024-02-01 18:00:00 UTC", "event"),
        (",category_name", "General", "topic"),
    ],
)
def test_discourse_columns_of_the_topic_tell_its_kind(tmp_path, more, cell, kind):
    lines = (f"11,alice,5,1,,,1,{at(10)},{cell}", f"12,bob,5,2,,,1,{at(11)},{cell}")
    log = read(posts(tmp_path, *lines, more=more))
    assert rows(log) == [(0, 0, kind), (1, 0, "reply")] and log.thread.tolist() == [0, 0]
    assert threads(log) == ([] if kind == "announcement" else [(0, 1.0, 1)])


def test_what_a_member_calls_an_announcement_is_a_topic_where_staff_are_known(tmp_path):
    lines = [f"{who},x,{who},1,,,1,{at(who)},{category},{staff}"
             for who, category, staff in ((11, "news", "t"), (12, "news", "f"), (13, "events", "f"))]  # fmt: skip
    log = read(posts(tmp_path, *lines, more=",category,admin"))
    assert [kind for *_, kind in rows(log)] == ["announcement", "topic", "event"]
    unknown = read(posts(tmp_path, *(line.replace(",t", ",f") for line in lines), more=",category,admin"))
    assert [kind for *_, kind in rows(unknown)] == ["announcement", "announcement", "event"]


def test_slack_channels_of_announcements(tmp_path):
    day = (said(0), said(3600, "U0BOB", thread_ts="1700000000.000100", parent_user_id="U0ALICE"), said(7200, "U0BOB"))
    log = read(in_slack(tmp_path, *day, channel="announcements"))
    assert rows(log) == [(0, 0, "announcement"), (1, 0, "reply"), (1, 1, "topic")]
    assert log.thread.tolist() == [0, 0, 1] and threads(log) == [(1, None, -1)]
    plain_log = read(in_slack(tmp_path, *day, channel="announcements-ideas"))
    assert rows(plain_log) == [(0, 0, "chat"), (1, 0, "reply"), (1, 1, "chat")] and plain_log.thread is None


@pytest.mark.parametrize(("kind", "name"), [("GuildNews", "general"), ("GuildTextChat", "🎉│announcements")])
def test_discord_channels_of_announcements(tmp_path, kind, name):
    log = read(discord(tmp_path, lambda export: export["channel"].update(name=name), kind=kind))
    assert rows(log) == [(0, 0, "announcement"), (1, 0, "reply"), (0, 0, "announcement")]
    assert log.thread.tolist() == [0, -1, 1] and threads(log) == []
    assert patterns(log, resamples=0).facts.keys().isdisjoint({"replied", "reply_hours"})


def test_discord_a_thread_that_hangs_on_a_message_is_opened_by_it(tmp_path):
    """Its number is that of the message; it begins with a message of the system, which is nobody's opening."""

    def thread(export):
        export["channel"]["id"] = "905"
        first = export["messages"][0]
        first.update(id="910", type="21", content="", reference={"messageId": "905", "channelId": "2"})
        export["messages"][1].update(id="911", timestamp="2024-01-02T13:02:00+00:00", type="Default", reference=None)
        del export["messages"][2:]

    folder = tmp_path / "server"
    folder.mkdir()
    discord(folder)
    discord(folder, thread, kind="GuildPublicThread", name="thread.json")
    log = read(folder)
    assert rows(log)[2:] == [(0, 1, "topic"), (1, 0, "reply")] and threads(log) == [(0, 1.0, 1)]
    alone = read(folder / "thread.json")
    assert rows(alone) == [(0, 0, "reply")]  # of a thread whose opening is not there


# Where effects begin


def community(tmp_path, more=",category_name,staff"):
    cells = {11: ",t", 12: ",f", 13: ",f"}
    lines = [(11, 5, 1, 1, "News"), (12, 5, 2, 2, "News"), (13, 6, 1, 3, "Help"), (11, 6, 2, 4, "Help"),
             (12, 6, 3, 5, "Help")]  # fmt: skip
    return posts(tmp_path, *(f"{who},x,{topic},{post},,,1,{at(hour)},{place}{cells[who]}"
                             for who, topic, post, hour, place in lines), more=more)  # fmt: skip


def test_effects_take_staff_threads_and_kinds_from_an_export(tmp_path):
    log = logs.read(community(tmp_path))
    assert log.threads["kind"].tolist() == ["announcement", "topic"] and log.threads["staff"].tolist() == [True, False]
    assert log.messages["staff"].tolist() == [True, False, False, True, False]
    assert log.threads["first_by"].tolist() == ["member", "staff"]


def test_effects_a_table_of_members_comes_before_the_flags_of_an_export(tmp_path):
    (tmp_path / "roles.csv").write_text("member,staff,moderator\n1,1,0\n0,0,1\n")
    log = logs.read(community(tmp_path), tmp_path / "roles.csv")
    assert log.messages["staff"].tolist() == [False, True, False, False, True]
    assert log.messages["lead"].tolist() == [True, False, False, True, False]


def test_effects_of_an_export_that_does_not_tell_who_is_staff(tmp_path):
    with pytest.raises(BadInput, match="does not tell who is staff; name a table with --members"):
        logs.read(community(tmp_path, more=",category_name,other"))


def test_effects_of_an_unpacked_export(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    with pytest.raises(BadInput, match="holds no log; .*; a CSV has NAME_members beside it"):
        logs_in([folder])
    community(folder)
    assert logs_in([folder]) == [folder] and logs.read(folder).name == "export"


@pytest.mark.parametrize("command", ["effects", "calibrate"])
def test_commands_tell_what_was_left_out(tmp_path, capsys, monkeypatch, command):
    def enough(log, *_, **more):
        assert list(log) if command == "effects" else len(log)
        raise BadInput("enough")

    path = community(tmp_path)
    path.write_text(path.read_text() + f"14,x,6,9,,,1,{at(9)},Help\n")
    monkeypatch.setattr(page, "study", enough)
    monkeypatch.setattr(fitting, "calibrate", enough)
    where = {"effects": "-o", "calibrate": "--scenario"}[command]
    assert main([command, str(path), where, str(tmp_path / "mine.toml")]) == 2
    assert "1 of 6 messages left out, the first: " in capsys.readouterr().err


def test_the_log_of_an_export_is_written_with_its_staff_threads_and_kinds(tmp_path):
    log = read(community(tmp_path))
    again = read(log.write(tmp_path / "plain.csv"))
    assert rows(again) == rows(log) and again.staff.tolist() == log.staff.tolist() == [0]
    assert threads(again) == threads(log) and np.array_equal(again.thread, log.thread)
