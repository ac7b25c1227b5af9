"""Which reader opens which kind of container, and which kinds are only recognised."""

from collections.abc import Iterator

from lockgate.detection.files import kinds
from lockgate.detection.files.containers import (
    ace,
    arj,
    by_libarchive,
    compound,
    disk_images,
    documents,
    messages,
    optical,
    rar,
    seven_zip,
    streams,
    tnef,
    zip_archives,
)
from lockgate.detection.files.containers.reading import Opening, Outcome, Reader
from lockgate.detection.files.kinds import Kind


def _macro_office(opening: Opening) -> Iterator[Outcome]:
    """An Office file with macros: a ZIP, or an older compound file."""
    inner = zip_archives.read_zip if opening.content.startswith(b"PK") else documents.read_older_office
    return inner(opening)


READERS: dict[Kind, Reader] = {
    **dict.fromkeys(
        (kinds.ZIP, kinds.JAR, kinds.APK, kinds.MSIX, kinds.OPEN_DOCUMENT, kinds.WORD, kinds.EXCEL, kinds.POWERPOINT),
        zip_archives.read_zip,
    ),
    kinds.MACRO_OFFICE: _macro_office,
    kinds.OLE: documents.read_older_office,
    kinds.MSI: compound.read_compound,
    kinds.ENCRYPTED_OFFICE: documents.read_locked_office,
    kinds.OFFICE_XML: documents.read_office_xml,
    kinds.RTF: documents.read_rtf,
    kinds.ONENOTE: documents.read_onenote,
    kinds.PDF: documents.read_pdf,
    kinds.OUTLOOK_MESSAGE: messages.read_outlook_message,
    kinds.SAVED_MESSAGE: messages.read_message,
    kinds.MHTML: messages.read_message,
    kinds.TNEF: tnef.read_tnef,
    kinds.TAR: streams.read_tar,
    kinds.GZIP: streams.read_gzip,
    kinds.BZIP2: streams.read_bzip2,
    kinds.XZ: streams.read_xz,
    kinds.LZMA: streams.read_lzma,
    kinds.ZSTD: by_libarchive.stream("zstd", ("tzst", "zst")),
    kinds.LZ4: by_libarchive.stream("lz4", ("lz4",)),
    kinds.COMPRESS: by_libarchive.stream("compress", ("taz", "z")),
    kinds.LZIP: by_libarchive.stream("lzip", ("tlz", "lz")),
    kinds.UUENCODED: by_libarchive.stream("uu", ("uue", "uu")),
    kinds.SEVEN_ZIP: seven_zip.read_7z,
    kinds.RAR: rar.read_rar,
    kinds.CAB: by_libarchive.reader("cab"),
    kinds.LZH: by_libarchive.reader("lha"),
    kinds.CPIO: by_libarchive.reader("cpio"),
    kinds.AR: by_libarchive.reader("ar"),
    kinds.XAR: by_libarchive.reader("xar"),
    kinds.ARJ: arj.read_arj,
    kinds.ACE: ace.read_ace,
    kinds.ISO: optical.read_optical,
    kinds.VHD: disk_images.read_disk,
    kinds.RAW_DISK: disk_images.read_disk,
}
RECOGNISED_ONLY = frozenset(
    {kinds.CHM, kinds.HLP, kinds.VMDK, kinds.DMG, kinds.WIM, kinds.SZDD, kinds.BINHEX, kinds.RPM}
)
