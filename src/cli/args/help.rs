//! The long texts of `--help`, below the list of options.

/// The exit codes, at the end of every help.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  done: the peer closed, the time or the count was reached, a session was interrupted (Ctrl+C,
     SIGTERM), or the reader of standard output closed it
  1  done, but something is missing: not all of standard input or of a file could be sent; not all
     of standard output, of the recording or of an export could be written; the recording was deleted or
     replaced meanwhile; or show or export was interrupted: its output then ends with a whole
     record, and no output file is left
  2  wrong usage; a file that is no recording, or a damaged one, of which everything readable is
     shown or exported; or a recording that could not be created, for instance because another
     session, which is named, records to the same file
  3  no display for the window
  4  could not bind, look up or connect
  5  the connection broke (for listen: the first one, with --once)";

/// What a session and `show` print.
pub(super) const OUTPUT: &str = "\
Data goes to standard output, everything else to standard error.
  --view text  a line with time, direction, peer and size, then the text, indented; control
               characters other than line breaks and tabs are shown as symbols
  --view hex   the same line, then rows of 16 bytes with their characters
  --view both  the text, then the rows
  --view auto  each record as text if its bytes are text in the encoding, without control
               characters other than tabs, line breaks and escape sequences; else as hex
  --view raw   the received bytes and nothing else
  --frame F    frames in place of reads, as they complete: their number in their direction, size and check.
               A frame stands where its last byte came. Bytes in no frame are shown, too, and what is
               unfinished when its connection ends. F is a preset (lines, crlf, nul, json-lines, modbus-tcp,
               modbus-rtu, modbus-ascii, mqtt, tls, dns, websocket, http, slip, cobs, hdlc, hj212, jt808,
               dlt645, gbt32960, iec104, u16be, u32le and others) or
                 delimiter=0D0A            fixed=8                 gap=20ms
                 length,at=4,width=2,big   marks,start=02,end=03
               The end of a session and of show tells how many frames were whole (a read of their own),
               glued (one read brought them with parts of others) and cut (in several reads).
               wirelab show run.pcapng --frame modbus-rtu --json
               wirelab listen 7788 --frame lines --check sum8,hex
               --check is computed over the frame without delimiter, marks and escapes
  --json       one object per line: time, kind (opened, data, closed, error, note), direction (in,
               out), connection (0: the session), peer, bytes, hex, text, and cut if it is
               true: a datagram that was longer, a connection that was reset or lost. Joining the texts of a
               connection's data objects of one direction gives its whole text. When a session
               ends, one more object is its summary: received, sent, recorded, not_recorded (could
               not be written), expired (dropped by a size limit) and cut_off, each with records and
               bytes, and dropped_by_kernel, in datagrams. Only data is counted, and received + sent =
               recorded + not_recorded + expired. null: no recording, or not known on this system.
               With --frame, objects of kind frame replace those of kind data; they have number (null for bytes
               in no frame), complete, check (right, wrong, null) and skipped (null, or why the bytes are in no
               frame), and the summary has frames.
               Line separators and bidirectional controls in texts are written as \\uXXXX";

/// The formats of `export`.
pub(super) const EXPORT: &str = "\
Exports all records, or those that --connection and --direction select.
  --format text   a line with time, direction, peer and size, then the content in the form of --view;
                  also a line for each connection that opens or closes, and for errors and notes
  --format jsonl  one object per line, with the keys of --json
  --format csv    a table with the same columns, local and name; UTF-8 with a byte order mark. hex has
                  spaces between the bytes. A text that a spreadsheet would run as a formula (it begins
                  with = + - or @), or that begins with an apostrophe, has an apostrophe put before it
  --format raw    the bytes. With --connection and --direction: what one connection received or sent,
                  to standard output or to one file. Otherwise --output is a folder with a file for
                  each connection and direction: run.c3.in.bin is what connection 3 of run.pcapng
                  received. Datagrams follow each other without separators
  --format pcapng a recording of these records, with their bookmarks and notes, for Wirelab and
                  Wireshark
With --frame, text, jsonl and csv have frames in place of reads, with number, complete, check and skipped
(see wirelab show --help); --check names their checksum.
The output file appears when it is complete, and replaces an existing one.";

/// The checksums of `checksum`.
pub(super) const CHECKSUM: &str = "\
SPEC is a name, in any spelling (crc16modbus), or the parameters of a CRC:
  CRC:width,poly,init,xorout,refin,refout   such as CRC:16,8005,FFFF,0000,Yes,Yes
followed by options, between commas:
  big, little   the order of its bytes; little for CRC-16/MODBUS, else big
  bytes, hex    as bytes, or as two hex digits in ASCII for each
  at=N          where --checksum puts it; appended if not given
  from=N, to=N  over the bytes from place N to the one before the other; places count from 0, and
                from the end if negative, where -1 is the last byte
The checksum is printed in hex in the order of the wire; with hex, the digits are what is on it.

Exit codes:
  0  done
  2  wrong usage: a checksum that is not known, data that is not hex, or a range that does not fit";

/// The frames of `find-checksum`, and what is said of them.
pub(super) const FIND_CHECKSUM: &str = "\
  wirelab find-checksum --hex 010300000001840A --hex 010300000002C40B --hex 1103006B00037687
tries all checksums that `wirelab checksum --list` shows, over ranges without 0 to 8 bytes at either
end, in both byte orders, as bytes and as hex digits, at the end or up to 8 bytes from either end. A
candidate fits all frames. It is claimed if fewer than one in a million would fit by chance; else it
says how many more frames are wanted. Only frames that differ count; three are enough for 16 bits, and
five for 8. What is printed is what --checksum, --check and --frame take. With --frame, the whole frames of a
recording count, without delimiter, marks and escapes. docs/find-checksum.md says more.
With --json, one object per candidate: kind (checksum or length), checksum or framing, counts (of a
length), group (what the frames cannot tell apart has the same number), claimed, false_expected and
frames_wanted; then kind (result): frames, shortest, longest, left_out, checksum and length (what is
claimed, or null), how many were tried, and what is missing.

Exit codes:
  0  a checksum or a length is claimed
  1  nothing is claimed
  2  wrong usage; frames that are not hex; or a file that cannot be read, or is damaged";

/// What `commands` says at its end.
pub(super) const COMMANDS: &str = "\
What could not be taken is on standard error, each with its reason. docs/lists.md describes lists.

Exit codes:
  0  everything was taken
  1  something was not taken
  2  wrong usage; a file that is no list, or that cannot be read; or a list that could not be written";

/// How standard input and `--payload` are sent.
pub(super) const INPUT: &str = "\
Standard input is sent if it is a terminal or --send is given. Once all of it is sent, a TCP
connection is half-closed. A line that cannot be encoded is reported and not sent.
  --send text  line by line, in the encoding of --encoding; lines keep their endings unless
               --line-ending is given
  --send hex   line by line: bytes in hex, or a row of a hex dump
  --send raw   all bytes, unchanged
  --cut, --glue and --gap write lines in pieces, or several at once
With --send-file, the file is sent instead, to those who are connected when it begins, and sending ends
with it.
With --payload standard input is left alone. In the payload ${counter}, ${time}, ${random:4}, ${peer},
${len}, ${crc:NAME}, ${group}…${/group} and ${ask:NAME} stand for values (docs/templates.md; quote them
for the shell); ${$} is a dollar sign. For connect it is sent once, and then the connection is half-closed;
for listen it is sent to each connection as it opens; for udp it is sent to --to, or to the first peer.";

/// The sequences of `run`.
pub(super) const RUN: &str = "\
SEQUENCE.toml has steps: payloads, delays, loops, and answers that are waited for, as text, as bytes
with ?? for any byte, or as a regular expression. docs/sequences.md has an example of each key:
  [[steps]]
  name = \"Read\"
  format = \"hex\"
  payload = \"01 03 00 0A 00 01\"
  checksum = \"CRC-16/MODBUS\"
  wait = { hex = \"01 03 02 ?? ??\", within = \"500ms\", retries = 2, otherwise = \"stop\" }
Each step that ends is a line on standard output, and the last line is the result. With --json they
are objects: kind (step), step (its number), name, rounds (of the loops around it), attempts,
passed, seconds, bytes and the beginning of them in hex (what came), and problem if it failed; then
kind (result), name, passed, steps, seconds, and problem if it failed; then the summary of the
session.

Exit codes:
  0  all steps passed
  1  a step failed; the run was stopped before its end (--for, Ctrl+C); or something is missing in
     the recording or on standard output
  2  the file is no sequence, or cannot be read; wrong usage; or a recording that could not be created
  4  could not bind, look up or connect
  5  the connection broke";
