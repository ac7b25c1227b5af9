"""What a file truly is, told from its bytes. house-rule: table

A name never decides alone: it only settles what a file of plain text would be run as (a `.js` is text until it is
double-clicked). Magic numbers are from the formats' own specifications; where a format allows leading rubbish that its
reader skips (PDF: 1,024 bytes, ISO 32000-1 Annex H), the search does too.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What a kind of file can do to its reader."""

    EXECUTABLE = "executable"
    SCRIPT = "script"
    SHORTCUT = "shortcut"
    DISK_IMAGE = "disk-image"
    ONENOTE = "onenote"
    OFFICE = "office"
    PDF = "pdf"
    HTML = "html"
    ARCHIVE = "archive"
    INSTALLER = "installer"
    HELP = "help"
    MESSAGE = "message"
    IMAGE = "image"
    MEDIA = "media"
    TEXT = "text"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. `extensions` are those under which it is nothing special to see it."""

    id: str
    family: Family
    extensions: frozenset[str] = frozenset()


def _kind(identity: str, family: Family, extensions: str = "") -> Kind:
    return Kind(identity, family, frozenset(extensions.split()))


EXE = _kind("exe", Family.EXECUTABLE, "exe dll scr com cpl ocx sys drv efi mui pif")
ELF = _kind("elf", Family.EXECUTABLE, "elf so bin o ko")
MACH_O = _kind("mach-o", Family.EXECUTABLE, "dylib bundle macho")
JAVA_CLASS = _kind("java-class", Family.EXECUTABLE, "class")
JAR = _kind("jar", Family.EXECUTABLE, "jar war ear")
APK = _kind("apk", Family.EXECUTABLE, "apk")
MSI = _kind("msi", Family.INSTALLER, "msi msp mst")
MSIX = _kind("msix", Family.INSTALLER, "msix appx msixbundle appxbundle")
LNK = _kind("lnk", Family.SHORTCUT, "lnk")
URL = _kind("url", Family.SHORTCUT, "url website")
CHM = _kind("chm", Family.HELP, "chm")
HLP = _kind("hlp", Family.HELP, "hlp")
ISO = _kind("iso", Family.DISK_IMAGE, "iso img udf")
VHD = _kind("vhd", Family.DISK_IMAGE, "vhd vhdx avhdx")
VMDK = _kind("vmdk", Family.DISK_IMAGE, "vmdk")
RAW_DISK = _kind("raw-disk", Family.DISK_IMAGE, "img ima vfd flp bin dd raw")
WIM = _kind("wim", Family.DISK_IMAGE, "wim swm esd")
DMG = _kind("dmg", Family.DISK_IMAGE, "dmg")
ONENOTE = _kind("onenote", Family.ONENOTE, "one onetoc2 onepkg")
HTA = _kind("hta", Family.SCRIPT, "hta")
SCRIPT = _kind("script", Family.SCRIPT, "js jse vbs vbe wsf wsh ps1 psm1 bat cmd sct vb sh py pl rb scpt applescript")
REGISTRY = _kind("registry", Family.SCRIPT, "reg")
WINDOWS_SCRIPT = _kind("windows-script", Family.SCRIPT, "wsf sct wsc")
SETTINGS_LINK = _kind("settings-link", Family.SHORTCUT, "settingcontent-ms")
SEARCH_LINK = _kind("search-link", Family.SHORTCUT, "search-ms library-ms searchconnector-ms")
RDP = _kind("rdp", Family.SHORTCUT, "rdp")
XLL = _kind("xll", Family.EXECUTABLE, "xll")
WORD = _kind("word", Family.OFFICE, "docx dotx doc dot")
EXCEL = _kind("excel", Family.OFFICE, "xlsx xltx xls xlt xlsb")
POWERPOINT = _kind("powerpoint", Family.OFFICE, "pptx potx ppsx ppt pps pot")
MACRO_OFFICE = _kind("office-with-macros", Family.OFFICE, "docm dotm xlsm xltm xlam pptm potm ppsm ppam xlsb")
OLE = _kind("ole", Family.OFFICE, "doc dot xls xlt ppt pps pot xla vsd pub mpp db msg")
ENCRYPTED_OFFICE = _kind("encrypted-office", Family.OFFICE, "docx xlsx pptx doc xls ppt docm xlsm pptm xlsb")
SYMBOLIC_LINK = _kind("symbolic-link", Family.OFFICE, "slk csv txt xls")
RTF = _kind("rtf", Family.OFFICE, "rtf doc")
OPEN_DOCUMENT = _kind("open-document", Family.OFFICE, "odt ods odp odg ott ots otp")
OFFICE_XML = _kind("office-xml", Family.OFFICE, "xml doc xls docx")
OUTLOOK_MESSAGE = _kind("outlook-message", Family.MESSAGE, "msg oft")
SAVED_MESSAGE = _kind("saved-message", Family.MESSAGE, "eml mbox mbx msg txt mht mhtml")
TNEF = _kind("tnef", Family.MESSAGE, "dat tnef")
PDF = _kind("pdf", Family.PDF, "pdf ai")
HTML = _kind("html", Family.HTML, "html htm xhtml shtml mht mhtml xht txt")
SVG = _kind("svg", Family.HTML, "svg svgz")
MHTML = _kind("mhtml", Family.HTML, "mht mhtml doc xls eml")
ZIP = _kind("zip", Family.ARCHIVE, "zip zipx xpi epub vsix whl nupkg kmz cbz pages numbers key 3mf sketch xps ipa")
RAR = _kind("rar", Family.ARCHIVE, "rar cbr r00")
SEVEN_ZIP = _kind("7z", Family.ARCHIVE, "7z")
GZIP = _kind("gzip", Family.ARCHIVE, "gz tgz gzip svgz adz")
BZIP2 = _kind("bzip2", Family.ARCHIVE, "bz2 tbz tbz2 bz")
XZ = _kind("xz", Family.ARCHIVE, "xz txz")
LZMA = _kind("lzma", Family.ARCHIVE, "lzma tlz")
ZSTD = _kind("zstd", Family.ARCHIVE, "zst tzst")
LZ4 = _kind("lz4", Family.ARCHIVE, "lz4")
COMPRESS = _kind("compress", Family.ARCHIVE, "z taz")
TAR = _kind("tar", Family.ARCHIVE, "tar gem crate")
LZIP = _kind("lzip", Family.ARCHIVE, "lz tlz")
CPIO = _kind("cpio", Family.ARCHIVE, "cpio")
AR = _kind("ar", Family.ARCHIVE, "a ar deb lib udeb")
XAR = _kind("xar", Family.ARCHIVE, "xar pkg xip")
RPM = _kind("rpm", Family.ARCHIVE, "rpm srpm")
SZDD = _kind("szdd", Family.ARCHIVE, "ex_ dl_ sy_")
UUENCODED = _kind("uuencoded", Family.ARCHIVE, "uu uue txt")
BINHEX = _kind("binhex", Family.ARCHIVE, "hqx")
CAB = _kind("cab", Family.ARCHIVE, "cab msu")
ARJ = _kind("arj", Family.ARCHIVE, "arj")
ACE = _kind("ace", Family.ARCHIVE, "ace")
LZH = _kind("lzh", Family.ARCHIVE, "lzh lha")
PNG = _kind("png", Family.IMAGE, "png apng")
JPEG = _kind("jpeg", Family.IMAGE, "jpg jpeg jpe jfif")
GIF = _kind("gif", Family.IMAGE, "gif")
WEBP = _kind("webp", Family.IMAGE, "webp")
BMP = _kind("bmp", Family.IMAGE, "bmp dib")
TIFF = _kind("tiff", Family.IMAGE, "tif tiff")
ICON = _kind("icon", Family.IMAGE, "ico cur")
MEDIA = _kind("media", Family.MEDIA, "mp3 mp4 m4a mov avi wav ogg oga ogv webm mkv flac wma wmv asf 3gp heic avif")
TEXT = _kind("text", Family.TEXT, "txt csv log md json xml yml yaml ini conf ics vcf asc patch diff tex eml srt sql")
XML = _kind("xml", Family.TEXT, "xml xsl xsd rss kml gpx plist")
DATA = _kind("data", Family.DATA)

ALL: tuple[Kind, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Kind))

MAGIC: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\x7fELF", ELF),
    (0, b"\xfe\xed\xfa\xce", MACH_O),
    (0, b"\xfe\xed\xfa\xcf", MACH_O),
    (0, b"\xce\xfa\xed\xfe", MACH_O),
    (0, b"\xcf\xfa\xed\xfe", MACH_O),
    (0, b"\x4c\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46", LNK),
    (0, b"ITSF", CHM),
    (0, b"\x3f\x5f\x03\x00", HLP),
    (0x8001, b"CD001", ISO),
    (0x8801, b"CD001", ISO),
    (0x8001, b"BEA01", ISO),
    (0, b"vhdxfile", VHD),
    (0, b"conectix", VHD),
    (0, b"KDMV", VMDK),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", ONENOTE),
    (0, b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f", ONENOTE),
    (0, b"Rar!\x1a\x07", RAR),
    (0, b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (0, b"\x1f\x8b\x08", GZIP),
    (0, b"BZh", BZIP2),
    (0, b"\xfd7zXZ\x00", XZ),
    (0, b"\x5d\x00\x00", LZMA),
    (0, b"\x28\xb5\x2f\xfd", ZSTD),
    (0, b"\x04\x22\x4d\x18", LZ4),
    (0, b"\x1f\x9d", COMPRESS),
    (257, b"ustar", TAR),
    (0, b"MSCF\x00\x00\x00\x00", CAB),
    (0, b"LZIP\x01", LZIP),
    (0, b"070701", CPIO),
    (0, b"070702", CPIO),
    (0, b"070707", CPIO),
    (0, b"\xc7\x71", CPIO),
    (0, b"\x71\xc7", CPIO),
    (0, b"!<arch>\n", AR),
    (0, b"xar!\x00\x1c", XAR),
    (0, b"\xed\xab\xee\xdb", RPM),
    (0, b"SZDD\x88\xf0\x27\x33", SZDD),
    (0, b"MSWIM\x00\x00\x00", WIM),
    (0, b"\x60\xea", ARJ),
    (7, b"**ACE**", ACE),
    (2, b"-lh", LZH),
    (2, b"-lz", LZH),
    (0, b"{\\rt", RTF),
    (0, b"\x78\x9f\x3e\x22", TNEF),
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"GIF8", GIF),
    (8, b"WEBP", WEBP),
    (0, b"II*\x00", TIFF),
    (0, b"MM\x00*", TIFF),
    (0, b"\x00\x00\x01\x00", ICON),
    (4, b"ftyp", MEDIA),
    (0, b"ID3", MEDIA),
    (0, b"OggS", MEDIA),
    (0, b"fLaC", MEDIA),
    (0, b"RIFF", MEDIA),
    (0, b"\x1aE\xdf\xa3", MEDIA),
)

# What Windows does with a text file of this name when it is opened.
RUN_BY_NAME: dict[str, Kind] = {
    **dict.fromkeys(("js", "jse", "vbs", "vbe", "vb", "wsh", "ps1", "psm1", "ps1xml", "bat", "cmd"), SCRIPT),
    **dict.fromkeys(("sh", "command", "scpt", "applescript", "pl", "py", "rb"), SCRIPT),
    **dict.fromkeys(("wsf", "sct", "wsc"), WINDOWS_SCRIPT),
    "hta": HTA,
    "reg": REGISTRY,
    "url": URL,
    "website": URL,
    "rdp": RDP,
    "settingcontent-ms": SETTINGS_LINK,
    "search-ms": SEARCH_LINK,
    "library-ms": SEARCH_LINK,
    "searchconnector-ms": SEARCH_LINK,
}
PAGE_BY_NAME: dict[str, Kind] = {
    **dict.fromkeys(("html", "htm", "xhtml", "xht", "shtml"), HTML),
    "svg": SVG,
}
"""What a browser shows a local file of this name as, whatever it begins with."""


def _shape(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.IGNORECASE)


SAVED_MESSAGE_SHAPE = _shape(
    rb"\A\s{0,4}(?:From [^\n]{3,300}\n)?(?:(?:Received|Return-Path|From|To|Cc|Date|Subject|Message-ID|MIME-Version"
    rb"|Sender|Delivered-To|Reply-To|Content-[a-z-]{3,30}|DKIM-Signature|Authentication-Results|ARC-[a-z-]{3,30}|X-[\w-]{1,60})"
    rb":[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,40}){3}"
)
TEXT_SHAPES: tuple[tuple[re.Pattern[bytes], Kind], ...] = (
    (_shape(rb"\A\s*ID;P"), SYMBOLIC_LINK),
    (_shape(rb"\A\s*<\?xml[\s\S]{0,600}(?:<\?mso-application|<pkg:package\b|<w:wordDocument\b)"), OFFICE_XML),
    (_shape(rb"\A\(This file must be converted with BinHex"), BINHEX),
    (_shape(rb"\A\s*(?:From:[^\n]*\n)?MIME-Version:[\s\S]{0,400}multipart/related"), MHTML),
    (SAVED_MESSAGE_SHAPE, SAVED_MESSAGE),
    (_shape(rb"(?:\A|\n)begin(?:-base64)? [0-7]{3,4} [^\r\n]{1,200}\r?\n"), UUENCODED),
    (_shape(rb"<hta:application"), HTA),
    (_shape(rb"\A\s*\[InternetShortcut\]"), URL),
    (_shape(rb"\A\s*(?:Windows Registry Editor|REGEDIT4)"), REGISTRY),
    (_shape(rb"<(?:job|package|component)\b[^>]{0,200}>\s{0,99}(?:<[^>]{1,200}>\s{0,99}){0,5}<script"), WINDOWS_SCRIPT),
    (_shape(rb"<(?:PCSettings|SearchableContent)\b"), SETTINGS_LINK),
    (_shape(rb"<(?:persistedQuery|libraryDescription|searchConnectorDescription)\b"), SEARCH_LINK),
    (_shape(rb"\A\s*(?:full address|screen mode id|redirectclipboard|prompt for credentials):[is]:"), RDP),
    (_shape(rb"\A\s*(?:<\?xml[^>]{0,300}>\s*)?(?:<!--[^>]{0,500}-->\s*)?(?:<!DOCTYPE svg[^>]{0,300}>\s*)?<svg\b"), SVG),
    (_shape(rb"\A\s*<\?xml(?![\s\S]{0,4000}<(?:html|script|body)\b)"), XML),
    (_shape(rb"<(?:!doctype\s+html|html|head|body|script|iframe|form|meta|title|table|div)\b"), HTML),
    (_shape(rb"\A#!\s*/"), SCRIPT),
    (_shape(rb"\A\s*@echo\s+off\b"), SCRIPT),
    (_shape(rb"\b(?:WScript\.(?:Shell|CreateObject)|new\s+ActiveXObject)"), SCRIPT),
    (_shape(rb"\bCreateObject\s*\(\s*\"(?:WScript|Scripting|MSXML)"), SCRIPT),
    (_shape(rb"\b(?:powershell(?:\.exe)?\s+-|Invoke-Expression|IEX\s*\(|New-Object\s+(?:System\.)?Net\.)"), SCRIPT),
)

TEXTUAL = frozenset({TEXT, XML, HTML, *RUN_BY_NAME.values(), *(kind for _, kind in TEXT_SHAPES)})
"""Kinds that are texts: what opens them minds neither their encoding nor stray NUL bytes."""
