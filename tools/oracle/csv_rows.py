"""How pandas reads a report's CSV: the same call as koku's, its rows as JSON.

    csv_rows.py FILE…     one JSON object a file: header, rows ("" for a missing value), dropped (rows of too many cells), error
    csv_rows.py --cases   fixtures/csv/pandas.json: the cases below with pandas' answers

Needs pandas 2.3.3 and pyarrow. Bytes of a case that are not UTF-8 stand in the JSON as `latin1`, other cases as `text`.
"""
import json
import re
import sys
import tempfile
import warnings

import pandas

PANDAS = "2.3.3"

BOM = "\ufeff"


def read(data: bytes) -> dict:
    """What `read_csv` makes of these bytes."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(data)
        file.flush()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                frame = pandas.read_csv(file.name, dtype=pandas.StringDtype(storage="pyarrow"), on_bad_lines="warn")
            except Exception as error:  # noqa: BLE001 (whatever pandas raises is the answer)
                return {"error": f"{type(error).__name__}: {error}"}
    dropped = sum(len(re.findall("Skipping line", str(warning.message))) for warning in caught)
    answer = {"header": list(frame.columns), "rows": frame.fillna("").values.tolist(), "dropped": dropped}
    if not isinstance(frame.index, pandas.RangeIndex):
        answer["index"] = [list(index) if isinstance(index, tuple) else [index] for index in frame.index]
    return answer


# name, text, and for a case where we decided otherwise: why, our rows, our problems as "line+lines kind".
CASES = [
    ("plain", "a,b,c\n1,2,3\n4,5,6\n"),
    ("no line end at the end", "a,b,c\n1,2,3\n4,5,6"),
    ("crlf", "a,b,c\r\n1,2,3\r\n4,5,6\r\n"),
    ("lone cr", "a,b,c\r1,2,3\r4,5,6\r"),
    ("lone cr, no line end at the end", "a,b,c\r1,2,3\r4,5,6"),
    ("line ends mixed", "a,b,c\r1,2,3\n4,5,6\r\n7,8,9\n\r10,11,12\r\r\n\n13,14,15"),
    ("a row that begins with a comma after a cr", "a,b\r,1\r2,\r"),
    ("bom", BOM + "a,b\n1,2\n"),
    ("bom and a quoted header", BOM + '"a","b"\n1,2\n'),
    ("two boms", BOM + BOM + "a,b\n1,2\n"),
    ("bom within the text", "a,b\n" + BOM + "1,2\n"),
    ("blank lines", "\n\n  \n\t\na,b\n\n1,2\n   \n \t \n3,4\n\n"),
    ("blank lines with crlf", "\r\n  \r\na,b\r\n\r\n1,2\r\n  \r\n3,4\r\n\r\n"),
    ("blank last line without line end", "a,b\n1,2\n   "),
    ("one column: a blank line is no row, a quoted blank is", 'a\n1\n\n""\n" "\n2\n'),
    ("only commas", "a,b,c\n,,\n1,2,3\n"),
    ("blank cells", "a,b,c\n ,\t, x \n"),
    ("a row that begins with blanks", "a,b\n  1,2\n\t3,4\n  \"5\",6\n"),
    ("cr line ends and a row that begins with a blank", "a,b\r1,2\r 3,4\r5,6\r"),
    ("other blanks are text", "a,b\n\u00a0,\u2003\n\x0b\n\x0c,1\n"),
    ("quoted", '"a","b"\n"1","2"\n"","x"\n'),
    ("quoted comma and line ends", 'a,b\n"1,5","x\ny"\n"p\r\nq",2\n"u\rv",3\n'),
    ("quoted blank lines", 'a,b\n"1\n\n \n2",x\n3,4\n'),
    ("doubled quotes", 'a,b\n"x ""y"" z",""""\n"""",1\n"""a""",""\n'),
    ("a quote within a cell is text", 'a,b\nx"y,1"2\n a","b"c"\n'),
    ("text after the closing quote", 'a,b\n"x"y,"1" 2\n"p""q"r"s"t,"u"""\n'),
    ("text after the closing quote, then the end", 'a,b\n1,"x"y'),
    ("a quoted cell ends the file", 'a,b\n1,"x"'),
    ("a blank before a quote", 'a,b\n1, "x"\n'),
    ("a blank after a quote", 'a,b\n"x" ,1\n'),
    ("single quotes are text", "a,b\n'1,2'\n"),
    ("backslash is text", 'a,b\n1\\,2\n"x\\",3\n'),
    ("hash is text", "a,b\n#1,2\n# comment,3\n"),
    ("thousands and decimals are text", "a,b\n\"1,000\",1.50\n007,1e3\n"),
    ("short rows", "a,b,c\n1\n1,2\n1,2,3\n"),
    ("first row short", "a,b,c\n1\n4,5,6\n"),
    ("a quoted short row", 'a,b,c\n"1"\n"1,2",3\n'),
    ("missing values", "a\n" + "".join(f"x{token}\n{token}x\n{token}\n" for token in [
        "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None",
        "n/a", "nan", "null"])),
    ("no missing values", "a\nNull\nnone\nNAN\nNan\n+nan\n-NAN\nn.a.\nNa\nna\nNIL\n1.#INF\ninf\n-\n.\nTrue\n#N/A \n#NULL!\n"),
    ("blanks around a missing value", "a,b\n NA,NA \n\tnull,nan\t\n"),
    ("quoted missing values", 'a,b\n"NA","null"\n"N"A,"nu""ll"\n'),
    ("a missing value after the closing quote", 'a,b\n"nu"ll,"N"aN\n'),
    ("missing values in the header", "NA,null,x\n1,2,3\n"),
    ("nul cuts a cell", "a,b\nx\0y,1\n\0,2\nNA\0x,3\n\"q\0r\",4\n\"s\0\"t,5\n"),
    ("nul in the header", "a\0x,b,\0y\n1,2,3\n"),
    ("repeated names", "a,a,b,a\n1,2,3,4\n"),
    ("repeated names that collide", "a,a.1,a,a,a.1\n1,2,3,4,5\n"),
    ("repeated names that collide, the number first", "a.1,a,a,a\n1,2,3,4\n"),
    ("repeated names that collide twice", "x,x,x.1,x.1,x,x.2\n1,2,3,4,5,6\n"),
    ("repeated names after the cut", "a\0x,a\0y\n1,2\n"),
    ("unnamed", "a,,b,\n1,2,3,4\n"),
    ("unnamed collide", "Unnamed: 1,,a,Unnamed: 3\n1,2,3,4\n"),
    ("unnamed collide with a later one", ",a,Unnamed: 0,\"\"\n1,2,3,4\n"),
    ("all unnamed", ",,\n1,2,3\n"),
    ("blank name", " ,a, \n1,2,3\n"),
    ("line end in a name", '"a\nb",c\n1,2\n'),
    ("doubled quotes in a name", '"a""b",c"d\n1,2\n'),
    ("header only", "a,b,c\n"),
    ("header only, no line end", "a,b,c"),
    ("header and blank lines", "a,b\n\n  \n"),
    ("one column", "a\n1\n2\n"),
    ("semicolons", "a;b\n1;2\n3,5;4\n"),
    ("tabs", "a\tb\n1\t2\n"),
    ("not ascii", "a,é\nß,日本\n\U0001f600,ñ\n"),
    ("not ascii around quotes", 'a,b\n"é""ü",ö\n"日",\u2028x\n'),
    ("trailing comma in all lines", "a,b,\n1,2,\n3,4,\n"),
    ("a long row", "a,b\n1,2\n3,4,5\n6,7\n"),
    ("a long row of empty cells", "a,b\n1,2\n3,4,,,\n6,7\n"),
    ("a long row at the end", "a,b\n1,2\n3,4,5"),
    ("long rows only but one", "a,b\n1,2\n3,4,5\n6,7,8\n9,10,11,12\n"),
    ("a short row, then a long one", "a,b,c\n1\n1,2,3,4\n5,6,7\n"),
    ("a long quoted row", 'a,b\n1,2\n"3,4",5,6\n"7,8",9\n'),
    ("empty", ""),
    ("blank lines only", "\n \n\t\n"),
    ("a bom only", BOM),
    # Where we lose less.
    ("the first row long", "a,b\n1,2,3\n4,5\n", "pandas takes the first column for an index when the first row is long, and shifts all others",
     [["4", "5"]], ["2+1 TooLong"]),
    ("rows that end in a comma", "a,b\n1,2,\n3,4,\n", "the same", [], ["2+1 TooLong", "3+1 TooLong"]),
    ("the first row short of nothing, with a comma", "a,b\n1,2\n3,4,\n5,6\n"),
    ("an open quote at the end", 'a,b\n1,2\n3,"4\n5,6\n', "pandas refuses the file; one line is bad",
     [["1", "2"], ["5", "6"]], ["3+1 OpenQuote"]),
    ("an open quote in the last line", 'a,b\n1,2\n3,"4', "pandas refuses the file; one line is bad", [["1", "2"]], ["3+1 OpenQuote"]),
    ("a stray quote that the next one closes", 'a,b\n1,"2\n3,4\n5,"6"\n7,8\n', "pandas takes two good lines into a cell of the bad one",
     [["3", "4"], ["5", "6"], ["7", "8"]], ["2+1 StrayQuote"]),
    ("a stray quote that makes a long row", 'a,b\n1,2\n3,"4\n5,6\n"7",8\n9,10\n',
     "pandas drops the lines up to the next quote as one long row; two of them are whole by themselves",
     [["1", "2"], ["5", "6"], ["7", "8"], ["9", "10"]], ["3+1 TooLong"]),
    ("stray quotes", 'a,b\n1,2\n3,"4\n5,6\n7,"8\n9,10\n"11,12\n13,14\n',
     "pandas takes the lines between two stray quotes into a cell, and refuses the file for the third",
     [["1", "2"], ["5", "6"], ["9", "10"], ["13", "14"]], ["3+1 StrayQuote", "5+1 Swallowed", "7+1 Swallowed"]),
    ("an open quote in the header", 'a,"b\n1,2\n'),
    ("a long row with a line end", 'a,b\n1,2\n3,"x\ny",4\n5,6\n'),
    ("a swallowed row that is short", 'a,b\n1,"2\n3\n4,5\n', "pandas refuses the file; a short row could be the rest of another",
     [["4", "5"]], ["2+1 OpenQuote", "3+1 Swallowed"]),
    ("a stray quote before a cell with a line end", 'a,b\n1,2\n3,"4\n"5\n6",7\n8,9\n', "pandas tears the good row apart",
     [["1", "2"], ["5\n6", "7"], ["8", "9"]], ["3+1 StrayQuote"]),
    ("text after the closing quote of a cell with a line end", 'a,b\n1,2\n"x\ny"z,3\n4,5\n',
     "pandas takes it; no writer writes that, so it looks like a stray quote",
     [["1", "2"], ["4", "5"]], ["3+1 StrayQuote", "4+1 Swallowed"]),
    ("a long row whose closing quote begins a line", 'a,b\n1,2\n3,"x\n",4\n5,6\n'),
    ("a long row whose closing quote begins a line, then quotes", 'a,b\n1,2\n3,"x\n",4\n5,6\n"7","8"\n9,10\n'),
    ("a long row of many lines", 'a,b\n1,2\n3,"x\n\n \ny\nz",4\n\n5,6\n'),
    ("a bad row within swallowed lines", b'a,b\n1,"2\n3,4\n5,\xff\n6\n7\n8,9\n', "pandas refuses the file; the bad lines are bad",
     [["3", "4"], ["8", "9"]], ["2+1 OpenQuote", "4+1 NotUtf8", "5+2 Swallowed"]),
    ("not utf-8", b"a,b\n1,2\n\xff,3\n4,5\n", "pandas refuses the file; one row is bad", [["1", "2"], ["4", "5"]], ["3+1 NotUtf8"]),
    ("latin-1", "a,b\nM\u00fcller,1\nx,2\n".encode("latin-1"), "pandas refuses the file; one row is bad", [["x", "2"]], ["2+1 NotUtf8"]),
    ("a surrogate in utf-8", b"a,b\n\xed\xa0\x80,1\nx,2\n", "pandas refuses the file; one row is bad", [["x", "2"]], ["2+1 NotUtf8"]),
    ("cr line ends and more rows that begin with blanks", "a,b\r1,2\r 3,4\r\t5,6\r \r7,8",
     "pandas steps back to the last LF for a row that begins with blanks, and fails; nothing is bad",
     [["1", "2"], [" 3", "4"], ["\t5", "6"], ["7", "8"]], []),
    ("utf-16", "a,b\n1,2\n".encode("utf-16")),
]


def cases() -> list[dict]:
    """The cases with pandas' answers."""
    answered = []
    for name, text, *ours in CASES:
        data = text if isinstance(text, bytes) else text.encode()
        case = {"name": name}
        case |= {"latin1": data.decode("latin-1")} if isinstance(text, bytes) else {"text": text}
        case["pandas"] = read(data)
        if ours:
            why, rows, problems = ours
            case["ours"] = {"why": why, "rows": rows, "problems": problems}
        answered.append(case)
    return answered


def main() -> None:
    """See the module's text."""
    if pandas.__version__ != PANDAS:
        sys.exit(f"pandas {PANDAS} is needed, this is {pandas.__version__}")
    if sys.argv[1:] == ["--cases"]:
        lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases())
        print(f"[\n{lines}\n]")
        return
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            print(json.dumps(read(file.read())))


if __name__ == "__main__":
    main()
