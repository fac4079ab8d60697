package io.spprof.symbol.elf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.spprof.testing.Installed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A shared library with known functions, made by the compiler that also builds the sampler. {@code
 * readelf} says where its functions are.
 */
public final class SmallLibrary {

  private static final String SOURCE =
      """
      #ifdef OTHER
      int other(int a) { return a; }
      #endif
      #define KEPT __attribute__((noinline, noclone, used))
      static KEPT int hidden_function(int a) {
        for (int i = 0; i < a; i++) __asm__ volatile("");
        return a * 3;
      }
      KEPT int exported_function(int a) { return hidden_function(a + 1) + 1; }
      KEPT int __aliased(int a) { return a * 7; }
      extern int aliased(int) __attribute__((weak, alias("__aliased")));
      static __attribute__((used, alias("__aliased"))) int local_alias(int);
      KEPT int b_global(int a) { return a * 11; }
      extern int a_weak(int) __attribute__((weak, alias("b_global")));
      KEPT int versioned_code(int a) { return a * 13; }
      static int chosen(int a) { return a; }
      static int (*resolve_chosen(void))(int) { return chosen; }
      int indirect(int) __attribute__((ifunc("resolve_chosen")));
      __asm__(
        ".text\\n.balign 64\\n.globl padded\\n.type padded, %function\\n"
        "padded: .zero 5\\n.size padded, .-padded\\n.zero 64\\n"
        ".globl outer_function\\n.type outer_function, %function\\nouter_function: .zero 8\\n"
        ".globl inner_function\\n.type inner_function, %function\\n"
        "inner_function: .zero 4\\n.size inner_function, .-inner_function\\n"
        ".zero 8\\n.size outer_function, .-outer_function\\n"
        ".globl assembly_described\\n.type assembly_described, %function\\n"
        "assembly_described:\\n.cfi_startproc\\n.zero 8\\n.cfi_endproc\\n"
        ".type assembly_label, %function\\nassembly_label: .zero 8\\n"
        "assembly_place: .zero 8\\n"
        ".globl assembly_untyped\\nassembly_untyped: .zero 8\\n"
        ".section .data\\nnot_code: .zero 8\\n.text\\n");
      """;

  private SmallLibrary() {}

  /**
   * Makes the library, and a copy of it with the suffix ".copy". Skips the calling test if a
   * program for that is not installed.
   */
  public static Path build(Path folder, String name, String... options) throws Exception {
    List<String> command = new ArrayList<>(Installed.compiler());
    Installed.require("objcopy", "readelf");
    Path source = folder.resolve("small.c");
    Files.writeString(source, SOURCE);
    Path library = folder.resolve(name);
    command.addAll(List.of("-shared", "-fPIC", "-O1", "-g", "-Wl,--build-id"));
    command.addAll(List.of(options));
    command.addAll(List.of("-o", library.toString(), source.toString()));
    output(command.toArray(String[]::new));
    output("objcopy", "--redefine-sym", "versioned_code=versioned@@V1", library.toString());
    Files.copy(library, folder.resolve(name + ".copy"), StandardCopyOption.REPLACE_EXISTING);
    return library;
  }

  /** Runs a program that makes a file from a library. */
  public static Path run(Path folder, Path library, String... command) throws Exception {
    Path made = Files.createTempFile(folder, "made", ".so");
    List<String> words = new ArrayList<>(List.of(command));
    words.add(library.toString());
    words.add(made.toString());
    output(words.toArray(String[]::new));
    return made;
  }

  public static long address(Path library, String symbol) throws Exception {
    return Long.parseUnsignedLong(symbol(library, symbol)[1], 16);
  }

  static long size(Path library, String symbol) throws Exception {
    return Long.decode(symbol(library, symbol)[2]);
  }

  private static String[] symbol(Path library, String symbol) throws Exception {
    for (String line : output("readelf", "-sW", library.toString()).split("\n")) {
      String[] words = line.trim().split(" +");
      if (words.length == 8 && words[7].equals(symbol)) {
        return words;
      }
    }
    return fail("no symbol " + symbol);
  }

  public static String buildId(Path library) throws Exception {
    for (String line : output("readelf", "-nW", library.toString()).split("\n")) {
      if (line.contains("Build ID: ")) {
        return line.substring(line.indexOf("Build ID: ") + 10).trim();
      }
    }
    return "";
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
