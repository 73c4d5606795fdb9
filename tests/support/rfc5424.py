"""A strict reader of syslog messages (RFC 5424): anything that the grammar does not allow is an error."""
import re


class NotRfc5424(ValueError):
    pass


HEADER = re.compile(
    rb"<(0|[1-9]\d{0,2})>1 "
    rb"(-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) "
    rb"(-|[!-~]{1,255}) (-|[!-~]{1,48}) (-|[!-~]{1,128}) (-|[!-~]{1,32}) ")
NAME = re.compile(rb'[!#-<>-\\^-~]{1,32}')  # printable, without = SP ] "
BOM = b"\xef\xbb\xbf"


class Message:
    def __init__(self, data):
        header = HEADER.match(data)
        if not header:
            raise NotRfc5424("header: %r" % data[:120])
        priority = int(header[1])
        if priority > 191:
            raise NotRfc5424("priority %d" % priority)
        self.facility, self.severity = divmod(priority, 8)
        self.timestamp, self.host, self.application, self.process, self.message_id = (part.decode("ascii") for part in header.groups()[1:])
        self.elements, rest = _structured_data(data[header.end():])
        if rest and not rest.startswith(b" "):
            raise NotRfc5424("after structured data: %r" % rest[:40])
        text = rest[1:]
        # With a BOM the text is UTF-8; without, it may be anything (section 6.4), and we still promise UTF-8.
        self.text = text.removeprefix(BOM).decode("utf-8")
        if re.search("[\x00-\x1f\x7f]", self.text):
            raise NotRfc5424("control characters in the text: %r" % self.text)


def _structured_data(data):
    if data.startswith(b"-"):
        return {}, data[1:]
    elements, at = {}, 0
    while data[at:at + 1] == b"[":
        at += 1
        name = NAME.match(data, at)
        if not name:
            raise NotRfc5424("SD-ID at %r" % data[at:at + 40])
        if b"@" not in name[0] and name[0] not in (b"timeQuality", b"origin", b"meta"):
            raise NotRfc5424("SD-ID %r is neither registered nor NAME@ENTERPRISE" % name[0])
        if name[0] in elements:
            raise NotRfc5424("SD-ID %r comes twice" % name[0])
        at = name.end()
        parameters = {}
        while data[at:at + 1] == b" ":
            key = NAME.match(data, at + 1)
            if not key or data[key.end():key.end() + 2] != b'="':
                raise NotRfc5424("parameter at %r" % data[at:at + 40])
            at = key.end() + 2
            value = bytearray()
            while data[at:at + 1] != b'"':
                byte = data[at:at + 1]
                if not byte or byte == b"]":
                    raise NotRfc5424("value of %r is not ended, or has a bare ]" % key[0])
                if byte == b"\\" and data[at + 1:at + 2] in (b'"', b"\\", b"]"):
                    at += 1
                value += data[at:at + 1]
                at += 1
            at += 1
            parameters.setdefault(key[0].decode(), []).append(value.decode("utf-8"))
        if data[at:at + 1] != b"]":
            raise NotRfc5424("element not ended at %r" % data[at:at + 40])
        at += 1
        elements[name[0].decode()] = parameters
    if not elements:
        raise NotRfc5424("structured data at %r" % data[:40])
    return elements, data[at:]
