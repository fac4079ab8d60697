package io.spprof.symbol.elf;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The headers of a 64-bit ELF file, of either byte order (System V ABI, chapters 4 and 5). Reads
 * and keeps the headers; the contents stay in the file.
 */
final class ElfFile implements Closeable {

  /** A file with more sections or segments than this is taken as damaged. */
  private static final int MOST_HEADERS = 4096;

  private static final int HEADER_BYTES = 64;
  private static final int SEGMENT_BYTES = 56;
  private static final int SECTION_BYTES = 64;

  static final int SYMTAB = 2;
  static final int DYNSYM = 11;
  private static final int NOTE = 7;
  private static final int NOBITS = 8;
  private static final int STRTAB = 3;
  private static final int PROGBITS = 1;
  private static final long EXECUTABLE = 0x6; // SHF_ALLOC | SHF_EXECINSTR

  private static final int PT_LOAD = 1;
  private static final int PT_NOTE = 4;
  static final int PT_GNU_EH_FRAME = 0x6474e550;

  private static final int NT_GNU_BUILD_ID = 3;
  private static final int GNU = 0x00554e47; // "GNU\0", little-endian
  private static final int MOST_NOTE_BYTES = 4096;
  private static final int MOST_ID_BYTES = 64;

  /**
   * A section.
   *
   * @param name the offset of its name in the section that has the names
   */
  record Section(long name, int type, long flags, long address, long offset, long size, long link) {
    boolean executable() {
      return (flags & EXECUTABLE) == EXECUTABLE;
    }
  }

  /** A segment: what a program header describes. */
  record Segment(int type, long offset, long address, long size) {}

  /** The name and checksum of the separate debug file. */
  record DebugLink(String name, int crc) {}

  private final Source source;
  private final List<Section> sections = new ArrayList<>();
  private final List<Segment> segments = new ArrayList<>();
  private final int namesSection;

  /**
   * Reads the headers. The file closes the source, also if this constructor fails.
   *
   * @throws IOException if it is no 64-bit ELF file, or a header is damaged
   */
  ElfFile(Source source) throws IOException {
    this.source = source;
    boolean read = false;
    try {
      ByteBuffer ident = source.read(0, 16);
      if (ident.order(ByteOrder.BIG_ENDIAN).getInt(0) != 0x7f454c46 || ident.get(4) != 2) {
        throw new ElfException("not a 64-bit ELF file");
      }
      source.order(ident.get(5) == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
      readSegments();
      readSections();
      namesSection = source.unsignedShort(0x3e);
      read = true;
    } finally {
      if (!read) {
        source.close();
      }
    }
  }

  private void readSegments() throws IOException {
    long at = source.signedLong(0x20);
    int count = source.unsignedShort(0x38);
    checkHeaders(at, count, source.unsignedShort(0x36), SEGMENT_BYTES);
    for (long header = at; segments.size() < count; header += SEGMENT_BYTES) {
      segments.add(
          new Segment(
              source.signedInt(header),
              source.signedLong(header + 8),
              source.signedLong(header + 16),
              source.signedLong(header + 32)));
    }
  }

  private void readSections() throws IOException {
    long at = source.signedLong(0x28);
    int count = source.unsignedShort(0x3c);
    checkHeaders(at, count, source.unsignedShort(0x3a), SECTION_BYTES);
    for (long header = at; sections.size() < count; header += SECTION_BYTES) {
      sections.add(
          new Section(
              source.unsignedInt(header),
              source.signedInt(header + 4),
              source.signedLong(header + 8),
              source.signedLong(header + 16),
              source.signedLong(header + 24),
              source.signedLong(header + 32),
              source.unsignedInt(header + 40)));
    }
  }

  private void checkHeaders(long at, int count, int bytes, int expected) throws ElfException {
    boolean valid =
        count <= MOST_HEADERS && bytes == expected && source.contains(at, (long) count * expected);
    if (count > 0 && !valid) {
      throw new ElfException("damaged headers");
    }
  }

  Source source() {
    return source;
  }

  List<Section> sections() {
    return sections;
  }

  /** Returns the first section of a type whose contents are in the file; null if there is none. */
  Section section(int type) {
    for (Section section : sections) {
      if (section.type() == type && inFile(section)) {
        return section;
      }
    }
    return null;
  }

  private boolean inFile(Section section) {
    return section.type() != NOBITS && source.contains(section.offset(), section.size());
  }

  /** Returns the table of strings that a section refers to; null if it has none. */
  Section strings(Section section) {
    if (section.link() >= sections.size()) {
      return null;
    }
    Section strings = sections.get((int) section.link());
    return strings.type() == STRTAB && inFile(strings) ? strings : null;
  }

  /** Returns the first segment of a type whose contents are in the file; null if there is none. */
  Segment segment(int type) {
    for (Segment segment : segments) {
      if (segment.type() == type && source.contains(segment.offset(), segment.size())) {
        return segment;
      }
    }
    return null;
  }

  /**
   * Returns where the file has the byte that is loaded at an address.
   *
   * @return an offset, not checked against the file's length; -1 if the file has no such byte
   */
  long offset(long address) {
    for (Segment segment : segments) {
      long within = address - segment.address();
      if (segment.type() == PT_LOAD && within >= 0 && within < segment.size()) {
        return segment.offset() + within;
      }
    }
    return -1;
  }

  /**
   * Returns at which address a byte of the file is loaded.
   *
   * @return -1 if the byte is not loaded
   */
  long address(long offset) {
    for (Segment segment : segments) {
      long within = offset - segment.offset();
      if (segment.type() == PT_LOAD && within >= 0 && within < segment.size()) {
        return segment.address() + within;
      }
    }
    return -1;
  }

  /** Returns the size of the file's header with the program headers, if these follow it. */
  int headerBytes() {
    return HEADER_BYTES + segments.size() * SEGMENT_BYTES;
  }

  /**
   * Returns the build id in lower-case hexadecimal digits; "" if the file has none. Notes are
   * looked for in sections first: in a separate debug file the offsets of segments are those of the
   * stripped library.
   */
  String buildId() throws IOException {
    for (Section section : sections) {
      if (section.type() == NOTE) {
        String id = buildId(section.offset(), section.size());
        if (!id.isEmpty()) {
          return id;
        }
      }
    }
    for (Segment segment : sections.isEmpty() ? segments : List.<Segment>of()) {
      if (segment.type() == PT_NOTE) {
        String id = buildId(segment.offset(), segment.size());
        if (!id.isEmpty()) {
          return id;
        }
      }
    }
    return "";
  }

  private String buildId(long offset, long size) throws IOException {
    if (!source.contains(offset, size) || size > MOST_NOTE_BYTES) {
      return "";
    }
    long end = offset + size;
    long note = offset;
    while (end - note >= 12) {
      long nameBytes = source.unsignedInt(note);
      long idBytes = source.unsignedInt(note + 4);
      long id = note + 12 + (nameBytes + 3 & ~3L);
      if (idBytes > end - id) {
        return "";
      }
      if (source.unsignedInt(note + 8) == NT_GNU_BUILD_ID
          && nameBytes == 4
          && isGnu(source.read(note + 12, 4))
          && idBytes > 0
          && idBytes <= MOST_ID_BYTES) {
        return hex(source.read(id, (int) idBytes));
      }
      note = id + (idBytes + 3 & ~3L);
    }
    return "";
  }

  private static boolean isGnu(ByteBuffer name) {
    return name.order(ByteOrder.LITTLE_ENDIAN).getInt(0) == GNU;
  }

  private static String hex(ByteBuffer bytes) {
    StringBuilder digits = new StringBuilder();
    while (bytes.hasRemaining()) {
      int each = bytes.get() & 0xff;
      digits.append(Character.forDigit(each >> 4, 16)).append(Character.forDigit(each & 15, 16));
    }
    return digits.toString();
  }

  /** Returns what {@code .gnu_debuglink} says; null if the file has no such section. */
  DebugLink debugLink() throws IOException {
    for (Section section : sections) {
      if (section.type() == PROGBITS
          && section.size() >= 8
          && section.size() <= 512
          && inFile(section)
          && isNamed(section, ".gnu_debuglink")) {
        ByteBuffer contents = source.read(section.offset(), (int) section.size());
        int end = 0;
        while (end < contents.limit() - 4 && contents.get(end) != 0) {
          end++;
        }
        int crcAt = end + 4 & ~3;
        if (crcAt + 4 > contents.limit()) {
          return null;
        }
        String name = new String(contents.array(), 0, end, StandardCharsets.UTF_8);
        return new DebugLink(name, contents.getInt(crcAt));
      }
    }
    return null;
  }

  private boolean isNamed(Section section, String name) throws IOException {
    if (namesSection >= sections.size()) {
      return false;
    }
    Section names = sections.get(namesSection);
    int bytes = name.length() + 1;
    if (!inFile(names) || section.name() > names.size() - bytes) {
      return false;
    }
    ByteBuffer found = source.read(names.offset() + section.name(), bytes);
    return new String(found.array(), StandardCharsets.ISO_8859_1).equals(name + '\0');
  }

  @Override
  public void close() {
    source.close();
  }
}
