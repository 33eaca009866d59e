"""Readers: a small file in each published format, a broken one, and no names or texts in what comes out."""

import gzip
import json
import math
import pickle
import zipfile
from pathlib import Path

import pytest

from sim.logs.log import LogError
from sim.logs.readers import read, recognised

SECRETS = ("alice", "bob", "carol", "dave", "Wonderland", "swordfish", "example.org", "U0ALICE")
TEXT = "Hello from Wonderland, the password is swordfish"


def rows(log):
    """Events as (source, target, kind)."""
    return [(int(s), int(t), log.kinds[k]) for s, t, k in zip(log.source, log.target, log.kind, strict=True)]


def threads(log):
    """Threads as (opener, hours to the first reply or None, first replier)."""
    t = log.threads
    hours = [None if math.isnan(h) else round(h, 3) for h in (t.first_reply - t.opened) / 3600]
    return list(zip(t.opener.tolist(), hours, t.first_replier.tolist(), strict=True))


def nothing_leaks(log, tmp_path):
    """Neither the log in memory nor the file it is written to holds anything planted."""
    path = log.write(tmp_path / "out" / "plain.csv") if (tmp_path / "out").mkdir() is None else None
    held = pickle.dumps([log.time, log.source, log.target, log.kind, log.kinds, log.accounts, log.threads])
    for data in (held, path.read_bytes()):
        for secret in SECRETS:
            assert secret.lower().encode() not in data.lower()
    return True


def test_the_search_for_names_would_find_them(tmp_path):
    bad = discourse(tmp_path)
    assert any(secret.lower() in bad.read_text().lower() for secret in SECRETS)


def fault(path, message, kind=None):
    with pytest.raises(LogError) as found:
        read(path, kind)
    assert message in str(found.value) and path.name in str(found.value) and "\n" not in str(found.value)
    assert not any(secret in str(found.value) for secret in SECRETS)


# Generic


def test_generic_with_accounts_and_threads_beside(tmp_path):
    (tmp_path / "forum.csv").write_text("time,source,target,kind\n100,7,7,topic\n200,8,7,reply\n")
    with gzip.open(tmp_path / "forum_members.csv.gz", "wt") as file:
        file.write("member,joined,manager\n7,50,0\n8,,1\n9,60,0\n")
    (tmp_path / "forum_threads.csv").write_text("opened,opener,first_reply,first_replier\n100,7,200.0,8.0\n150,7,,\n")
    log = read(tmp_path / "forum.csv")
    assert log.staff.tolist() == [8] and log.accounts.member.tolist() == [7, 8, 9]
    assert math.isnan(log.accounts.joined[1]) and log.accounts.joined[2] == 60
    assert threads(log) == [(7, 0.028, 8), (7, None, -1)]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ("id,joined\n1,2\n", "row 1: no column `member`"),
        ("member\n1\nx\n", "row 3: column `member`: 'x' is not allowed"),
        ("member\n1\n1\n", "row 3: column `member`: '1' stands there twice"),
        ("member,joined\n1,soon\n", "row 2: column `joined`: 'soon'"),
        ("member,manager\n1,2\n", "row 2: column `manager`: '2' is not allowed; it is 0 or 1"),
        ("member\n1.5\n", "row 2: column `member`: '1.5' is not allowed; it is the number of a member, a whole number"),
    ],
)
def test_bad_accounts(tmp_path, members, message):
    (tmp_path / "log.csv").write_text("time,source,target\n1,2,3\n")
    (tmp_path / "log_members.csv").write_text(members)
    with pytest.raises(LogError, match="log_members.csv") as found:
        read(tmp_path / "log.csv")
    assert message in str(found.value)


def test_a_reply_before_its_thread(tmp_path):
    (tmp_path / "log.csv").write_text("time,source,target\n1,2,3\n")
    (tmp_path / "log_threads.csv").write_text("opened,opener,first_reply,first_replier\n9,1,2,3\n")
    with pytest.raises(LogError, match="log_threads.csv: row 2: column `first_reply`: '2' is before"):
        read(tmp_path / "log.csv")


# Discourse


def discourse(tmp_path, last="Carol"):
    """Posts of the Data Explorer, and the list of users of the administrators."""
    (tmp_path / "user-list-240101-120000-7.csv").write_text(
        "id,name,username,email,title,created_at,last_seen_at,trust_level,admin,moderator,ip_address\n"
        f"11,Alice Liddell,alice,alice@example.org,,2024-01-01 08:00:00 UTC,,2,false,false,192.0.2.1\n"
        f"12,Bob,bob,bob@example.org,,2024-01-01 09:00:00 UTC,,4,true,true,192.0.2.2\n"
        f"13,{last},carol,carol@example.org,,2024-01-03 09:00:00 UTC,,0,false,false,192.0.2.3\n"
    )
    path = tmp_path / "posts.csv"
    path.write_text(
        "id,user_id,username,topic_id,post_number,reply_to_post_number,reply_to_user_id,post_type,created_at,raw\n"
        f'1,11,alice,5,1,,,1,2024-01-02 10:00:00 UTC,"{TEXT}\nin two lines"\n'
        f"2,12,bob,5,2,,,1,2024-01-02 11:30:00 UTC,{TEXT.replace(',', '')}\n"
        "3,11,alice,5,3,2,12,1,2024-01-02 12:00:00 UTC,x\n"
        "4,-1,system,5,4,,,1,2024-01-02 12:10:00 UTC,closed\n"
        "5,12,bob,5,5,1,11,3,2024-01-02 12:20:00 UTC,notice\n"
        "6,12,bob,6,1,,,1,2024-01-03 10:00:00 UTC,y\n"
    )
    return path


def test_discourse_posts_and_users(tmp_path):
    log = read(discourse(tmp_path))
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply"), (0, 1, "reply"), (1, 1, "topic")]
    assert threads(log) == [(0, 1.5, 1), (1, None, -1)]
    assert log.staff.tolist() == [1] and log.accounts.member.tolist() == [0, 1, 2]  # Carol never wrote
    assert log.accounts.joined[0] == 1_704_096_000 and log.time[0] == 1_704_189_600
    assert nothing_leaks(log, tmp_path)


def test_discourse_posts_with_names_only_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as file:
        file.writestr(
            "posts.csv",
            "username,topic_id,post_number,created_at\nAlice,5,1,2024-01-02T10:00:00.000Z\nbob,5,2,2024-01-02T11:00:00Z\n",
        )
    log = read(tmp_path / "export.zip")
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply")] and log.accounts is None
    assert nothing_leaks(log, tmp_path)


def test_discourse_user_archive(tmp_path):
    path = tmp_path / "user_archive-alice.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("visits.csv", "visited_at,posts_read,mobile,time_read\n2024-01-02,3,false,20\n")
        file.writestr(
            "user_archive.csv",
            "topic_title,categories,is_pm,post_raw,post_cooked,like_count,reply_count,url,created_at\n"
            f'Wonderland,General,No,"{TEXT}",<p>x</p>,1,0,https://forum.example.org/t/wonderland/5/1,'
            "2024-01-02 10:00:00 UTC\n"
            "Bob,General,No,x,x,0,0,https://forum.example.org/t/bob/6/4,2024-01-03 10:00:00 UTC\n",
        )
    log = read(path)
    assert rows(log) == [(0, 0, "topic"), (0, 0, "reply")] and log.threads is None
    assert nothing_leaks(log, tmp_path)


def test_discourse_faults(tmp_path):
    path = discourse(tmp_path)
    path.write_text(path.read_text().replace("2024-01-02 12:00:00 UTC", "soon"))
    first, _ = read(path).notes
    assert first.startswith("1 of 4 messages left out, the first: ") and "posts.csv: row 4: the time 'soon' is" in first
    fault(path.with_name("user-list-240101-120000-7.csv"), "is a list of users of Discourse")
    path.write_text("user_id,topic_id,post_number,created_at\n1,x,1,2024-01-02\n")
    fault(path, "row 2: topic_id, post_number and reply_to_post_number must be whole numbers")
    path.write_text("user_id,topic_id,post_number,created_at\n1,5,1\n")
    fault(path, "row 2: has 3 fields; the header names 4")


# Slack


def slack(tmp_path, day=None, name="slack.zip"):
    users = [
        {"id": "U0ALICE", "name": "alice", "real_name": "Alice", "is_admin": True, "is_bot": False, "deleted": False,
         "profile": {"email": "alice@example.org"}},
        {"id": "U0BOB", "name": "bob", "is_bot": False},
        {"id": "U0DAVE", "name": "dave"},
        {"id": "U0BOT", "name": "poll", "is_bot": True},
    ]  # fmt: skip
    first = [
        {"type": "message", "subtype": "channel_join", "user": "U0BOB", "text": "joined", "ts": "1700000000.000100"},
        {"type": "message", "user": "U0ALICE", "text": TEXT, "ts": "1700000010.000200",
         "thread_ts": "1700000010.000200", "reply_count": 2, "reply_users": ["U0BOB"]},
        {"type": "message", "user": "U0BOB", "text": "yes", "ts": "1700003610.000300", "thread_ts": "1700000010.000200",
         "parent_user_id": "U0ALICE"},
        {"type": "message", "user": "U0BOB", "text": "hey <@U0ALICE>, look", "ts": "1700003620.000300"},
        {"type": "message", "subtype": "bot_message", "bot_id": "B1", "text": "poll", "ts": "1700003621.000300"},
        {"type": "message", "user": "U0BOT", "text": "poll", "ts": "1700003622.000300"},
    ]  # fmt: skip
    second = [{"type": "message", "user": "U0ALICE", "text": "alone", "ts": "1700090000.000100"}]
    path = tmp_path / name
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("users.json", json.dumps(users))
        file.writestr("channels.json", json.dumps([{"id": "C1", "name": "general", "members": ["U0ALICE", "U0BOB"]}]))
        file.writestr("general/2023-11-14.json", json.dumps(first) if day is None else day)
        file.writestr("general/2023-11-15.json", json.dumps(second))
        file.writestr("integration_logs.json", "[]")
    return path


def test_slack(tmp_path):
    log = read(slack(tmp_path))
    assert rows(log) == [(0, 0, "chat"), (1, 0, "reply"), (1, 0, "mention"), (0, 0, "chat")]
    assert log.time[1] == 1_700_003_610.0003 and log.threads is None
    assert log.staff.tolist() == [0] and log.accounts.member.tolist() == [0, 1, 2]  # the bot is none of them
    assert nothing_leaks(log, tmp_path)
    with zipfile.ZipFile(slack(tmp_path)) as file:
        file.extractall(tmp_path / "unpacked")
    assert rows(read(tmp_path / "unpacked")) == rows(log)


def test_slack_faults(tmp_path):
    (note,) = read(slack(tmp_path, '[{"type": "message", "user": "U0BOB", "ts": "noon"}]')).notes
    assert note.startswith("1 of 2 messages left out") and "2023-11-14.json: message 1: ts 'noon' is none" in note
    fault(slack(tmp_path, '[{"type":\n "mess'), "general/2023-11-14.json: row 2: is not JSON")
    fault(slack(tmp_path, '{"ok": true}'), "general/2023-11-14.json: must be a valid list")


# Discord


def discord(tmp_path, change=None, kind="GuildTextChat", name="general.json"):
    def person(key, name_, bot=False):
        return {"id": key, "name": name_, "discriminator": "0000", "nickname": name_, "color": None, "isBot": bot,
                "roles": [], "avatarUrl": "https://example.org/a.png"}  # fmt: skip

    alice, bob, bot = person("811", "alice"), person("812", "bob"), person("899", "poll", True)

    def message(key, time, author, type_="Default", **more):
        return {"id": key, "type": type_, "timestamp": time, "timestampEdited": None, "callEndedTimestamp": None,
                "isPinned": False, "content": TEXT, "author": author, "attachments": [], "embeds": [], "stickers": [],
                "reactions": [], "mentions": [], **more}  # fmt: skip

    found = {
        "guild": {"id": "1", "name": "Wonderland", "iconUrl": "https://example.org/g.png"},
        "channel": {"id": "2", "type": kind, "categoryId": "3", "category": "Text", "name": "general", "topic": None},
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2024-02-01T00:00:00+00:00",
        "messages": [
            message("901", "2024-01-02T10:00:00+00:00", alice),
            message("902", "2024-01-02T12:30:00.123+01:00", bob, "Reply",
                    reference={"type": "Default", "messageId": "901", "channelId": "2", "guildId": "1"}),
            message("903", "2024-01-02T12:00:00+00:00", bot),
            message("904", "2024-01-02T12:01:00+00:00", bob, "GuildMemberJoin"),
            message("905", "2024-01-02T12:02:00+00:00", alice, mentions=[bot, bob]),
        ],
        "messageCount": 5,
    }  # fmt: skip
    if change:
        change(found)
    path = tmp_path / name
    path.write_text(json.dumps(found, indent=2))
    return path


def test_discord(tmp_path):
    log = read(discord(tmp_path))
    assert rows(log) == [(0, 0, "chat"), (1, 0, "reply"), (0, 1, "mention")]
    assert log.time[1] - log.time[0] == pytest.approx(5400.123) and log.threads is None
    assert nothing_leaks(log, tmp_path)


def test_discord_thread_in_a_folder(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    discord(folder, kind="GuildPublicThread")
    (folder / "readme.txt").write_text("no log")
    log = read(folder)
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply"), (0, 1, "reply")] and threads(log) == [(0, 1.5, 1)]


def test_discord_faults(tmp_path):
    first, *_ = read(discord(tmp_path, lambda found: found["messages"][1].update(timestamp="late"))).notes
    assert first.startswith("1 of 3 messages left out") and "message 2: the time 'late' is none" in first
    first, *_ = read(discord(tmp_path, lambda found: found["messages"][0].pop("author"))).notes
    assert first.endswith("general.json: message 1: has no author")
    path = discord(tmp_path)
    path.write_text(path.read_text()[:-40])
    fault(path, "is not JSON")


# Stack Exchange


def stack(tmp_path, posts=None):
    folder = tmp_path / "site"
    folder.mkdir(exist_ok=True)
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    (folder / "Posts.xml").write_text(
        posts
        or head
        + "<posts>\n"
        f'  <row Id="1" PostTypeId="1" AcceptedAnswerId="2" CreationDate="2024-01-02T10:00:00.000" Score="3" '
        f'Body="&lt;p&gt;{TEXT}&lt;/p&gt;" OwnerUserId="21" Title="Wonderland" Tags="&lt;a&gt;" AnswerCount="2" />\n'
        '  <row Id="2" PostTypeId="2" ParentId="1" CreationDate="2024-01-02T11:00:00.000" OwnerUserId="22" />\n'
        '  <row Id="3" PostTypeId="2" ParentId="1" CreationDate="2024-01-02T10:30:00.000" Body="x" '
        'OwnerDisplayName="dave" />\n'
        '  <row Id="4" PostTypeId="5" CreationDate="2024-01-02T10:40:00.000" Body="wiki" OwnerUserId="-1" />\n'
        "</posts>"
    )
    (folder / "Comments.xml").write_text(
        head + '<comments>\n  <row Id="1" PostId="2" Score="0" Text="thanks bob" '
        'CreationDate="2024-01-02T12:00:00.000" UserId="21" />\n  <row Id="2" PostId="3" Text="who" '
        'CreationDate="2024-01-02T13:00:00.000" UserId="22" />\n</comments>'
    )
    (folder / "Users.xml").write_text(
        head
        + '<users>\n  <row Id="-1" Reputation="1" CreationDate="2023-01-01T00:00:00.000" DisplayName="Community" />\n'
        '  <row Id="21" CreationDate="2024-01-01T00:00:00.000" DisplayName="alice" />\n'
        '  <row Id="23" CreationDate="2024-01-01T00:00:00.000" DisplayName="carol" Location="Wonderland" />\n</users>'
    )
    return folder


def test_stack_exchange(tmp_path):
    folder = stack(tmp_path)
    log = read(folder)
    # A comment on a post whose writer is gone is addressed to everybody.
    assert rows(log) == [(0, 0, "question"), (1, 0, "answer"), (0, 1, "comment_a"), (1, 1, "comment_a")]
    assert threads(log) == [(0, 0.5, -1)]  # first answered by an account that is gone
    assert log.accounts.member.tolist() == [0, 2] and log.accounts.joined[1] == 1_704_067_200
    assert nothing_leaks(log, tmp_path)
    assert rows(read(folder / "Posts.xml")) == rows(log)


def test_stack_exchange_faults(tmp_path):
    path = stack(tmp_path, '<?xml version="1.0"?>\n<posts>\n<row Id="1" PostTypeId="1" />\n</posts>') / "Posts.xml"
    fault(path, "has no messages by people: 1 of 1 messages left out, the first: ")
    with pytest.raises(LogError, match="row 1: has no CreationDate"):
        read(path)
    path.write_text('<?xml version="1.0"?>\n<posts>\n<row Id="1" PostTypeId="1" CreationDate="2024-01-02"/>\n<row Id=')
    fault(path, "line 4")
    packed = tmp_path / "site.7z"
    packed.write_bytes(b"7z\xbc\xaf\x27\x1c" + b"0" * 50)
    fault(packed, "is a 7z archive; unpack it")


# mbox

MBOX = f"""From alice at example.org  Tue Jan  2 10:00:00 2024
From: alice at example.org (Alice Liddell)
Date: Tue, 2 Jan 2024 10:00:00 +0000
Subject: [list] Wonderland
Message-ID: <1@example.org>

{TEXT}
>From the start.

From bob at example.org  Tue Jan  2 12:00:00 2024
From: "Bob" <BOB@example.org>
Date: Tue, 2 Jan 2024 13:00:00 +0100
Subject: Re: [list] Wonderland
In-Reply-To: <1@example.org>
Message-ID: <2@example.org>

yes

From carol at example.org  Wed Jan  3 10:00:00 2024
From: =?utf-8?q?Carol?= <carol@example.org>
Date: Wed, 3 Jan 2024 10:00:00 -0000
Subject: RE: [list] Re: Wonderland
Message-ID: <3@example.org>

no pointer, the same subject

From alice at example.org  Wed Jan  3 11:00:00 2024
From: alice@example.org
Date: Wed, 3 Jan 2024 11:00:00 +0000
Subject: Another
Message-ID: <4@example.org>

alone
"""


@pytest.mark.parametrize("packed", [False, True])
def test_mbox(tmp_path, packed):
    path = tmp_path / ("list.mbox.gz" if packed else "list.mbox")
    path.write_bytes(gzip.compress(MBOX.encode()) if packed else MBOX.encode())
    log = read(path)
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply"), (2, 1, "reply"), (0, 0, "topic")]
    assert threads(log) == [(0, 2.0, 1), (0, None, -1)] and log.accounts is None
    assert nothing_leaks(log, tmp_path)


def test_mbox_faults(tmp_path):
    path = tmp_path / "list.mbox"
    path.write_text(MBOX.replace("Tue, 2 Jan 2024 13:00:00 +0100", "yesterday"))
    assert read(path).notes == ("1 of 4 messages left out, the first: message 2: the date 'yesterday' is none; "
                                "expected such as Sat, 01 Mar 2014 12:00:00 +0000",)  # fmt: skip
    path.write_text(MBOX.replace('From: "Bob" <BOB@example.org>\n', ""))
    log = read(path)
    assert log.notes == ("1 of 4 messages left out, the first: message 2: has no sender (From:)",)
    assert rows(log) == [(0, 0, "topic"), (1, 0, "reply"), (0, 0, "topic")]  # Carol's is under the same subject
    path.write_text(MBOX.replace("From: ", "Sender: "))
    fault(path, "has no messages by people: 4 of 4 messages left out, the first: message 1: has no sender")


# Recognised by content, whatever the name


def test_recognised_by_content(tmp_path):
    (tmp_path / "list").write_text(MBOX)
    found = {
        "csv": given(tmp_path, "a", "time,source,target\n1,2,3\n"),
        "discourse": discourse(tmp_path).rename(tmp_path / "b"),
        "slack": slack(tmp_path, name="c"),
        "discord": discord(tmp_path, name="d"),
        "stackexchange": stack(tmp_path),
        "mbox": tmp_path / "list",
    }
    assert {kind: recognised(path) for kind, path in found.items()} == {kind: kind for kind in found}


def given(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "is empty"),
        ('{"messages": []}', "is JSON, but not of DiscordChatExporter"),
        ('<?xml version="1.0"?><html/>', "is XML, but not Posts.xml"),
        ("when,who\n1,2\n", "no column `time`, `source`, `target`"),
        (b"PK\x03\x04broken", "is a broken zip file"),
        (gzip.compress(b"time,source,target\n1,2,3\n" * 50, mtime=0)[:-9], "is a broken gzip file"),
        (b"\x00\x01\x02", "is not text"),
        ("user_id,topic_id,post_number,created_at\n", "has no messages by people"),
    ],
)
def test_what_is_no_log(tmp_path, data, message):
    fault(given(tmp_path, "odd", data), message)


def test_forced_and_missing(tmp_path):
    path = given(tmp_path, "log.csv", "time,source,target\n1,2,3\n")
    fault(path, "has no posts of Discourse", kind="discourse")
    with pytest.raises(LogError, match="kind 'fax': is none; it is one of csv, discourse"):
        read(path, "fax")
    fault(tmp_path / "nowhere", "no such file")
    (tmp_path / "empty").mkdir()
    fault(tmp_path / "empty", "holds no log")


def test_millions_of_rows(tmp_path):
    lines = "".join(f"{k},{k % 7},{k % 5}\n" for k in range(20_000))
    path = tmp_path / "large.csv.gz"
    path.write_bytes(gzip.compress(("time,source,target\n" + lines * 60).encode(), 1, mtime=0))
    log = read(Path(path))
    assert len(log) == 1_200_000 and (log.time[1:] >= log.time[:-1]).all()
