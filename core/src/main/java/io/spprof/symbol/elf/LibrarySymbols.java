package io.spprof.symbol.elf;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Names the functions of one library. Used by one thread at a time, never by a signal handler. No
 * method throws for what a file contains: a library without a usable file has no names, and {@link
 * #problem} says why.
 *
 * <p>While it is open it holds the library's file, and the separate debug file if there is one. So
 * a library that is deleted or replaced keeps its names. A file that is changed in place is no
 * longer used.
 */
public final class LibrarySymbols implements Closeable {

  private static final String PROGRAM = "/proc/self/exe";
  private static final Path DEBUG_FILES = Path.of("/usr/lib/debug");
  private static final String IDENTITY = "unix:dev,ino,size,lastModifiedTime,isRegularFile";

  /** A debug file without a build id is read whole for its checksum, up to this size. */
  private static final long MOST_CHECKED_BYTES = 64L << 20;

  private static final int MOST_VDSO_BYTES = 64 << 10;

  private Path path; // null for an image
  private Map<String, Object> identity;
  private ElfFile file; // null if there are no names
  private ElfFile debugFile; // null if there is none
  private SymbolTable table; // null if the file has no symbols
  private UnwindTable unwindTable;
  private SymbolIndex index; // null if there is none
  private String problem = "";

  private LibrarySymbols() {}

  /**
   * Opens the file of a library that the process has loaded. The kernel's library is read from
   * memory.
   *
   * @param library the library, not null
   * @return its symbols; not null, also if its file cannot be used
   */
  public static LibrarySymbols open(LoadedLibrary library) {
    return library.isVdso() ? openVdso(library.base()) : open(library, DEBUG_FILES);
  }

  private static LibrarySymbols openVdso(long base) {
    try (ProcessMemory memory = new ProcessMemory()) {
      return of(memory.pages(base, MOST_VDSO_BYTES));
    } catch (IOException e) {
      LibrarySymbols none = new LibrarySymbols();
      none.giveUp(e);
      return none;
    }
  }

  /** Opens a library whose debug files are below a given folder. Called directly by tests. */
  static LibrarySymbols open(LoadedLibrary library, Path debugFiles) {
    LibrarySymbols symbols = new LibrarySymbols();
    try {
      symbols.path = Path.of(library.path().isEmpty() ? PROGRAM : library.path());
      symbols.openFile(library);
      symbols.findTables(library, debugFiles);
    } catch (IOException | RuntimeException e) {
      symbols.giveUp(e);
    }
    return symbols;
  }

  /**
   * Reads a library that is in memory and in no file, as the kernel's vdso.
   *
   * @param image all bytes of the library; must not change; not null
   * @return its symbols, not null
   */
  public static LibrarySymbols of(ByteBuffer image) {
    LibrarySymbols symbols = new LibrarySymbols();
    try {
      symbols.file = new ElfFile(new Source(image));
      symbols.findTables(null, null);
    } catch (IOException | RuntimeException e) {
      symbols.giveUp(e);
    }
    return symbols;
  }

  /**
   * Reads a library's file, whether or not it is loaded.
   *
   * @param path the file, not null
   * @return its symbols, not null; none if the file cannot be used
   */
  public static LibrarySymbols of(Path path) {
    LibrarySymbols symbols = new LibrarySymbols();
    try {
      symbols.path = path;
      symbols.identity = identity(path);
      symbols.file = new ElfFile(new Source(new RandomAccessFile(path.toFile(), "r")));
      symbols.findTables(null, null);
    } catch (IOException | RuntimeException e) {
      symbols.giveUp(e);
    }
    return symbols;
  }

  private void openFile(LoadedLibrary library) throws IOException {
    identity = identity(path);
    if (!Boolean.TRUE.equals(identity.get("isRegularFile"))) {
      throw new ElfException("not a regular file");
    }
    file = new ElfFile(new Source(new RandomAccessFile(path.toFile(), "r")));
    String buildId = file.buildId();
    boolean same =
        buildId.isEmpty() ? isLoadedAt(library.base()) : buildId.equals(library.buildId());
    if (!same || buildId.isEmpty() != library.buildId().isEmpty()) {
      throw new ElfException("not the file that was loaded");
    }
  }

  private boolean isLoadedAt(long base) throws IOException {
    try (ProcessMemory memory = new ProcessMemory()) {
      return memory.has(file, base);
    }
  }

  private static Map<String, Object> identity(Path path) throws IOException {
    return Files.readAttributes(path, IDENTITY);
  }

  private void findTables(LoadedLibrary library, Path debugFiles) throws IOException {
    unwindTable = new UnwindTable(file);
    table = SymbolTable.of(file, ElfFile.SYMTAB);
    if (table == null && library != null) {
      openDebugFile(library.buildId(), debugFiles);
    }
    if (table == null) {
      table = SymbolTable.of(file, ElfFile.DYNSYM);
    }
  }

  private void openDebugFile(String buildId, Path debugFiles) throws IOException {
    if (buildId.length() > 2) {
      String name = buildId.substring(0, 2) + "/" + buildId.substring(2) + ".debug";
      if (useDebugFile(debugFiles.resolve(".build-id").resolve(name), buildId, 0)) {
        return;
      }
    }
    ElfFile.DebugLink link = file.debugLink();
    if (link == null || link.name().isEmpty() || link.name().contains("/")) {
      return;
    }
    Path folder = path.toRealPath().getParent();
    List<Path> places =
        List.of(
            folder.resolve(link.name()),
            folder.resolve(".debug").resolve(link.name()),
            debugFiles.resolve("." + folder).resolve(link.name()));
    for (Path place : places) {
      if (useDebugFile(place, buildId, link.crc())) {
        return;
      }
    }
  }

  /**
   * Takes the symbols of a debug file if it is that of the library: by build id, or by the checksum
   * if the library has no build id. A debug file that is damaged is like one that is missing.
   */
  private boolean useDebugFile(Path place, String buildId, int crc) {
    ElfFile opened = null;
    try {
      if (!Files.isRegularFile(place)) {
        return false;
      }
      opened = new ElfFile(new Source(new RandomAccessFile(place.toFile(), "r")));
      boolean same =
          buildId.isEmpty() ? crc(opened.source()) == crc : opened.buildId().equals(buildId);
      table = same ? SymbolTable.of(opened, ElfFile.SYMTAB) : null;
      if (table != null) {
        debugFile = opened;
        opened = null;
      }
    } catch (IOException | RuntimeException e) {
      table = null;
    } finally {
      if (opened != null) {
        opened.close();
      }
    }
    return table != null;
  }

  /** Returns the checksum of all bytes, as {@code .gnu_debuglink} has it. */
  private static int crc(Source source) throws IOException {
    if (source.length() > MOST_CHECKED_BYTES) {
      throw new ElfException("too large for a checksum");
    }
    CRC32 crc = new CRC32();
    for (long at = 0; at < source.length(); at += Source.MOST) {
      crc.update(source.read(at, (int) Math.min(Source.MOST, source.length() - at)));
    }
    return (int) crc.getValue();
  }

  /**
   * Returns a bound with which {@link #index} makes an index of almost every library.
   *
   * @return bytes; 0 if the library has no symbols
   */
  public long mostIndexBytes() {
    return table == null ? 0 : SymbolIndex.mostBytes(table);
  }

  /**
   * Makes an index of the symbols, if there is room and no index yet.
   *
   * @param mostBytes the bound of the heap that the index may take, also while it is made
   * @return the bytes of heap that the index holds now; 0 if there is none
   */
  public long index(long mostBytes) {
    if (index == null && table != null) {
      try {
        checkUnchanged();
        index = SymbolIndex.of(table, mostBytes);
      } catch (IOException | RuntimeException e) {
        giveUp(e);
      }
    }
    return index == null ? 0 : index.bytes();
  }

  /**
   * Names the functions that contain addresses. Without an index this is one pass over the
   * library's symbols, so callers collect addresses.
   *
   * @param addresses addresses within the library, as the file has them: without the load bias
   * @param names receives, for each address, the name of its function, mangled as in the file; null
   *     if no symbol contains the address; as long as {@code addresses}
   * @param begins receives, for each address without a name, the begin of its function; -1 if not
   *     known; as long as {@code addresses}
   */
  public void resolve(long[] addresses, String[] names, long[] begins) {
    Arrays.fill(names, null);
    Arrays.fill(begins, -1);
    if (file == null) {
      return;
    }
    try {
      checkUnchanged();
      Matches matches = matches(addresses);
      for (int i = 0; i < addresses.length; i++) {
        int at = Arrays.binarySearch(matches.addresses, addresses[i]);
        names[i] = name(matches, at);
        if (names[i] == null) {
          begins[i] = unwindTable.begin(addresses[i]);
        }
      }
    } catch (IOException | RuntimeException e) {
      Arrays.fill(names, null);
      Arrays.fill(begins, -1);
      giveUp(e);
    }
  }

  private Matches matches(long[] addresses) throws IOException {
    long[] sorted = addresses.clone();
    Arrays.sort(sorted);
    Matches matches = new Matches(sorted);
    if (index != null) {
      index.find(table, matches);
    } else if (table != null) {
      SymbolPass.find(table, matches);
    }
    return matches;
  }

  private String name(Matches matches, int at) throws IOException {
    if (matches.names[at] != Matches.NONE) {
      return table.name(matches.names[at]);
    }
    long label = matches.labels[at];
    return label >= 0
            && table.reaches(matches.addresses[at])
            && reaches(label, matches.addresses[at])
        ? table.name(matches.labelNames[at])
        : null;
  }

  /**
   * Returns whether the code from a label to an address is the label's. No symbol is between them.
   * If the table has local functions, too, then nothing else is there, unless the unwind table has
   * another function between them. Otherwise the unwind table must have one function from the label
   * to beyond the address.
   */
  private boolean reaches(long label, long address) throws IOException {
    if (!table.inOneSection(label, address)) {
      return false;
    }
    return table.complete()
        ? !unwindTable.beginsBetween(label, address)
        : unwindTable.begin(address) == label;
  }

  /** Throws if the file was changed in place: the open file is then another one than was loaded. */
  private void checkUnchanged() throws IOException {
    if (path == null) {
      return;
    }
    Map<String, Object> now;
    try {
      now = identity(path);
    } catch (IOException e) {
      return; // deleted; the open file is as it was
    }
    boolean replaced =
        !now.get("ino").equals(identity.get("ino")) || !now.get("dev").equals(identity.get("dev"));
    if (!replaced && !now.equals(identity)) {
      throw new ElfException("the file was changed");
    }
  }

  private void giveUp(Exception e) {
    close();
    problem = e instanceof ElfException ? e.getMessage() : e.toString();
  }

  /**
   * Returns why the library has no names.
   *
   * @return a message; "" if its file is in use, or was until {@link #close}
   */
  public String problem() {
    return problem;
  }

  /** Closes the files and drops the index. After that no address has a name. */
  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
    if (debugFile != null) {
      debugFile.close();
    }
    file = null;
    debugFile = null;
    table = null;
    unwindTable = null;
    index = null;
  }
}
