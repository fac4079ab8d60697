package io.spprof.symbol.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The function symbols of a file: the entries of {@code .symtab} or {@code .dynsym} that name code.
 * A symbol with a size names the code that it covers. A symbol of size 0 is a <em>label</em>, as
 * assembly writes it: it names only its begin, and where the code ends must be shown otherwise.
 *
 * <p>Left out are symbols that lie outside of the executable sections or end beyond theirs, and
 * labels that are local and have no type: those mark places within a function (also ARM's mapping
 * symbols {@code $x} and {@code $d}).
 *
 * <p>Of several symbols with the same begin one is chosen, in this order: the largest size;
 * exported (global or weak) before local; the fewest underscores at the begin of the name, as
 * {@code read} before {@code __read}; global before weak; the first name in the table of strings.
 */
final class SymbolTable {

  /** A table with more entries than this is taken as damaged. */
  private static final long MOST_SYMBOLS = 4 << 20;

  /** More reads of names than this, to choose among symbols with one begin, mean a damaged file. */
  private static final int MOST_CHOICES = 1 << 18;

  /** A name of more bytes than this is no name. */
  static final int MOST_NAME_BYTES = 16 << 10;

  private static final long MOST_CODE_BYTES = 0xffffffffL;
  private static final int FIRST_NAME_BYTES = 256;
  private static final int MOST_UNDERSCORES = 4;

  private static final int ENTRY_BYTES = 24;
  private static final int CHUNK_BYTES = Source.MOST / ENTRY_BYTES * ENTRY_BYTES;

  private static final int NOTYPE = 0;
  private static final int FUNC = 2;
  private static final int GNU_IFUNC = 10;

  static final int GLOBAL = 0;
  static final int WEAK = 1;
  static final int LOCAL = 2;

  /** Receives the symbols in the order of the file. */
  interface Visitor {
    /**
     * Receives a function symbol.
     *
     * @param size 0 for a label
     * @param binding {@link #GLOBAL}, {@link #WEAK} or {@link #LOCAL}
     * @param name the offset of its name
     */
    void symbol(long begin, long size, int binding, int name) throws IOException;
  }

  private final ElfFile file;
  private final ElfFile.Section symbols;
  private final ElfFile.Section strings;
  private final long base;
  private boolean complete;
  private int choices;

  private SymbolTable(ElfFile file, ElfFile.Section symbols, ElfFile.Section strings) {
    this.file = file;
    this.symbols = symbols;
    this.strings = strings;
    this.base = base(file);
  }

  /**
   * Returns a file's table of symbols.
   *
   * @param type {@link ElfFile#SYMTAB} or {@link ElfFile#DYNSYM}
   * @return null if the file has none
   * @throws ElfException if the table is damaged
   */
  static SymbolTable of(ElfFile file, int type) throws ElfException {
    ElfFile.Section symbols = file.section(type);
    ElfFile.Section strings = symbols == null ? null : file.strings(symbols);
    if (strings == null || symbols.size() < ENTRY_BYTES) {
      return null;
    }
    if (symbols.size() / ENTRY_BYTES > MOST_SYMBOLS) {
      throw new ElfException("too many symbols");
    }
    return new SymbolTable(file, symbols, strings);
  }

  /** Returns how many symbols the table has, with those that are no functions. */
  long mostSymbols() {
    return symbols.size() / ENTRY_BYTES;
  }

  /** Visits all function symbols, in one pass over the table. */
  void visit(Visitor visitor) throws IOException {
    choices = 0;
    boolean locals = false;
    long end = symbols.offset() + symbols.size() / ENTRY_BYTES * ENTRY_BYTES;
    for (long at = symbols.offset(); at < end; at += CHUNK_BYTES) {
      ByteBuffer chunk = file.source().read(at, (int) Math.min(CHUNK_BYTES, end - at));
      for (int entry = 0; entry < chunk.limit(); entry += ENTRY_BYTES) {
        locals |= visit(chunk, entry, visitor);
      }
    }
    complete = locals && symbols.type() == ElfFile.SYMTAB;
  }

  /** Visits an entry. Returns whether it is a local function. */
  private boolean visit(ByteBuffer chunk, int entry, Visitor visitor) throws IOException {
    int info = chunk.get(entry + 4);
    int type = info & 0xf;
    if (type != FUNC && type != NOTYPE && type != GNU_IFUNC) {
      return false;
    }
    int binding = binding(info >> 4 & 0xf);
    long size = chunk.getLong(entry + 16);
    boolean inner = type == NOTYPE && (size != 0 || binding == LOCAL);
    int section = chunk.getShort(entry + 6) & 0xffff;
    int name = chunk.getInt(entry);
    if (inner || name == 0 || section == 0 || section >= file.sections().size()) {
      return false;
    }
    ElfFile.Section code = file.sections().get(section);
    long begin = chunk.getLong(entry + 8);
    long within = begin - code.address();
    if (!code.executable() || within < 0 || within >= code.size()) {
      return false;
    }
    if (size >= 0 && size <= code.size() - within && reaches(begin + size)) {
      visitor.symbol(begin, size, binding, name);
    }
    return binding == LOCAL && type == FUNC;
  }

  private static int binding(int bits) {
    return switch (bits) {
      case 0 -> LOCAL;
      case 2 -> WEAK;
      default -> GLOBAL; // also those that are unique in the process
    };
  }

  /**
   * Returns whether the table, as visited, has the local functions, too. Then code after a label is
   * the label's up to the next symbol.
   */
  boolean complete() {
    return complete;
  }

  /** Returns whether two addresses are in one executable section. */
  boolean inOneSection(long one, long other) {
    for (ElfFile.Section section : file.sections()) {
      if (section.executable() && within(section, one) && within(section, other)) {
        return true;
      }
    }
    return false;
  }

  private static boolean within(ElfFile.Section section, long address) {
    return address - section.address() >= 0 && address - section.address() < section.size();
  }

  private static long base(ElfFile file) {
    long base = Long.MAX_VALUE;
    for (ElfFile.Section section : file.sections()) {
      if (section.executable()) {
        base = Math.min(base, section.address());
      }
    }
    return base;
  }

  /** Returns the lowest address of an executable section. */
  long base() {
    return base;
  }

  /** Returns whether an address is within the 4 GiB from the base, which alone have names. */
  boolean reaches(long address) {
    return address >= base && address - base >= 0 && address - base <= MOST_CODE_BYTES;
  }

  /**
   * Returns whether the first of two symbols with the same begin and size is to be chosen.
   *
   * @throws ElfException if a damaged file makes this necessary too often
   */
  boolean better(int binding, int name, int otherBinding, int otherName) throws IOException {
    if ((binding == LOCAL) != (otherBinding == LOCAL)) {
      return otherBinding == LOCAL;
    }
    if (++choices > MOST_CHOICES) {
      throw new ElfException("too many symbols at one address");
    }
    int more = underscores(otherName) - underscores(name);
    if (more != 0) {
      return more > 0;
    }
    return binding != otherBinding
        ? binding < otherBinding
        : Integer.compareUnsigned(name, otherName) < 0;
  }

  private int underscores(int name) throws IOException {
    long at = strings.offset() + Integer.toUnsignedLong(name);
    long end = strings.offset() + strings.size();
    int underscores = 0;
    while (underscores < MOST_UNDERSCORES
        && at + underscores < end
        && file.source().unsignedByte(at + underscores) == '_') {
      underscores++;
    }
    return underscores;
  }

  /**
   * Reads a name, without the version that may follow it after an {@code @}.
   *
   * @return null if the name is empty, too long, or not within the table of strings
   */
  String name(int name) throws IOException {
    long within = Integer.toUnsignedLong(name);
    for (int wanted = FIRST_NAME_BYTES; ; wanted = MOST_NAME_BYTES) {
      int bytes = (int) Math.min(wanted, strings.size() - within);
      if (bytes <= 0) {
        return null;
      }
      byte[] text = file.source().read(strings.offset() + within, bytes).array();
      int end = 0;
      while (end < bytes && text[end] != 0) {
        end++;
      }
      if (end < bytes) {
        int version = 0;
        while (version < end && text[version] != '@') {
          version++;
        }
        return version == 0 ? null : new String(text, 0, version, StandardCharsets.UTF_8);
      }
      if (bytes < wanted || wanted == MOST_NAME_BYTES) {
        return null;
      }
    }
  }
}
