"""The CSV reader on tables as they come: ISO times, semicolons, tabs, decimal commas, Excel's own kinds of text.

Every table here is the same three messages, whose numbers were worked out by hand.
"""

import gzip

import numpy as np
import pytest

from sim.logs.log import LogError
from sim.logs.readers import read

NOON = 1_393_675_200  # 2014-03-01 12:00:00 UTC: 16,130 days of 86,400 s after 1970, and half a day
TIMES = [NOON, NOON + 0.5, NOON + 90]
PLAIN = f"time,source,target,kind\n{NOON},7,7,topic\n{NOON}.5,8,7,reply\n{NOON + 90},7,8,reply\n"
SEMICOLONS = PLAIN.replace(",", ";").replace(".", ",")
ISO = (
    "time,source,target,kind\n2014-03-01T12:00:00Z,7,7,topic\n2014-03-01T12:00:00.5Z,8,7,reply\n"
    "2014-03-01T12:01:30Z,7,8,reply\n"
)
ZONES = ISO.replace("T12:00:00Z", "T14:00:00+02:00").replace("T12:01:30Z", "T04:01:30-08:00")
NO_ZONE = ISO.replace("T", " ").replace("Z", "")


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        SEMICOLONS.encode(),
        b"\xef\xbb\xbf" + SEMICOLONS.replace("\n", "\r\n").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"),
        b"\xfe\xff" + PLAIN.replace(",", "\t").encode("utf-16-be"),
        gzip.compress(SEMICOLONS.encode("utf-16")),
        PLAIN.replace("time,source,target,kind", "Time, SOURCE ,Target,Kind").encode(),
        ISO.encode(),
        ZONES.encode(),
        NO_ZONE.encode(),
        NO_ZONE.replace(":00,", ",", 1).encode(),  # no seconds
        ISO.replace("T", " ").replace("Z", " UTC").encode(),
        ISO.replace("00Z", "00").encode(),  # some with a zone
        ISO.replace(",", ";").replace(".", ",").encode(),
        NO_ZONE.replace(",", "\t").encode("utf-16"),
        ISO.replace("2014", '"2014').replace("Z", 'Z"').replace(" UTC", "").encode(),
    ],
)
def test_the_same_log_in_whatever_table(data, tmp_path):
    (tmp_path / "log.csv").write_bytes(data)
    log = read(tmp_path / "log.csv")
    assert log.time.tolist() == TIMES and log.time.dtype == np.float64
    assert (log.source.tolist(), log.target.tolist()) == ([7, 8, 7], [7, 7, 8])
    assert [log.kinds[k] for k in log.kind] == ["topic", "reply", "reply"]


def test_what_lies_beside_it_comes_so_too(tmp_path):
    (tmp_path / "log.csv").write_text(ISO, encoding="utf-8")
    members = "Member;Joined;Staff\r\n7;2014-02-28;1\r\n8;;0\r\n"
    (tmp_path / "log_members.csv").write_bytes(members.encode("utf-16"))
    (tmp_path / "log_threads.csv").write_text(
        "opened\topener\tfirst_reply\tfirst_replier\n2014-03-01 12:00\t7\t2014-03-01 12:00:00.5\t8\n", encoding="utf-8"
    )
    log = read(tmp_path / "log.csv")
    assert log.accounts.joined.tolist()[0] == NOON - 129_600 and np.isnan(log.accounts.joined[1])  # a day and a half
    assert log.accounts.staff.tolist() == [True, False]
    assert (log.threads.opened.tolist(), log.threads.first_reply.tolist()) == ([NOON], [NOON + 0.5])


HEAD = "time,source,target\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}03/04/2024 10:00,1,2\n", "row 2: column `time`: '03/04/2024 10:00'.*write the year first.*Excel"),
        (f"{HEAD}2024-04-03,1,2\n25/12/2024,1,2\n", "row 3: column `time`: '25/12/2024'.*write the year first"),
        (f"{HEAD}03.04.24,1,2\n", "row 2: .*whether the day or the month"),
        (f"{HEAD}2024-13-03,1,2\n", "row 2: column `time`: '2024-13-03' is not allowed; it is a time in ISO 8601"),
        (f"{HEAD}1969-12-31,1,2\n", "row 2: .*1970 to 2999"),
        (f"{HEAD}2024-04-03,1,2\n{NOON},1,2\n", f"row 3: column `time`: '{NOON}'.*ISO 8601"),
        (f"{HEAD}{NOON},1,2\n2024-04-03,1,2\n", "row 3: column `time`: '2024-04-03'.*in the whole column, ISO 8601"),
        (f"{HEAD}2024-04-03,1,2\n,1,2\n", "row 3: column `time`: nothing is not allowed"),
        ("time;source;target\n1.393.675.200;1;2\n", "row 2: column `time`: '1.393.675.200'"),
        ("time;source;destination\n1;1;2\n", "no column `target`.*commas .or semicolons or tabs"),
        ('time,source,target\n"1,5",1,2\n', "row 2: column `time`: '1,5'"),  # a decimal comma only between semicolons
    ],
)
def test_what_is_not_clear_is_refused_with_what_to_do(text, said, tmp_path):
    (tmp_path / "log.csv").write_text(text, encoding="utf-8")
    with pytest.raises(LogError, match=said):
        read(tmp_path / "log.csv")


def test_utf_16_that_breaks_off_is_no_text(tmp_path):
    (tmp_path / "log.csv").write_bytes(PLAIN.encode("utf-16")[:-1])
    with pytest.raises(LogError, match=r"log\.csv: is not text in UTF-8, nor in UTF-16"):
        read(tmp_path / "log.csv")
