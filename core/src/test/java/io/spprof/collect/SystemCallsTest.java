package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Tests the lists of system calls, also against the kernel's headers where they are installed. */
final class SystemCallsTest {

  private static final int LAST = 470; // Newer calls are not in the lists.

  private static final Pattern DEFINITION = Pattern.compile("#define __NR(3264)?_(\\w+)\\s+(\\d+)");
  private static final Pattern ALIAS = Pattern.compile("#define __NR_(\\w+) __NR3264_(\\w+)");

  @Test
  void shouldNameTheCallsOfEachProcessor() {
    SystemCalls amd64 = SystemCalls.of("amd64");
    SystemCalls aarch64 = SystemCalls.of("aarch64");

    assertEquals("[syscall read]", amd64.frame(0).name());
    assertEquals("[syscall futex]", amd64.frame(202).name());
    assertEquals("[syscall rseq]", amd64.frame(334).name());
    assertEquals("[syscall io_setup]", aarch64.frame(0).name());
    assertEquals("[syscall read]", aarch64.frame(63).name());
    assertEquals("[syscall futex]", aarch64.frame(98).name());
    for (SystemCalls calls : new SystemCalls[] {amd64, aarch64}) {
      assertEquals("[syscall pidfd_send_signal]", calls.frame(424).name());
      assertEquals("[syscall futex_wake]", calls.frame(454).name());
      assertEquals("[syscall 1000]", calls.frame(1000).name());
      assertEquals("[syscall]", calls.frame(-1).name());
    }
  }

  @Test
  void shouldMakeTheFramesOfListedCallsOnce() {
    SystemCalls calls = SystemCalls.of("amd64");
    for (int number = -1; number <= LAST; number++) {
      assertSame(calls.frame(number), calls.frame(number));
    }
  }

  @Test
  void shouldAgreeWithTheHeadersForX86() throws IOException {
    agree("amd64", Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"));
  }

  @Test
  void shouldAgreeWithTheHeadersForAarch64() throws IOException {
    agree("aarch64", Path.of("/usr/include/asm-generic/unistd.h"));
  }

  /** Compares all calls, without 403 to 423, which are for processors with 32 bits. */
  private static void agree(String arch, Path header) throws IOException {
    assumeTrue(Files.exists(header), header + " is not installed");
    String text = Files.readString(header);
    Map<String, String> aliases = new HashMap<>(); // the first is for processors with 64 bits
    Matcher alias = ALIAS.matcher(text);
    while (alias.find()) {
      aliases.putIfAbsent(alias.group(2), alias.group(1));
    }
    Map<Integer, String> expected = new HashMap<>();
    Matcher definitions = DEFINITION.matcher(text);
    while (definitions.find()) {
      String name = definitions.group(2);
      int number = Integer.parseInt(definitions.group(3));
      expected.put(number, definitions.group(1) == null ? name : aliases.get(name));
    }
    expected.keySet().removeIf(number -> number > LAST || number >= 403 && number < 424);
    expected.values().removeIf(name -> name.equals("syscalls") || name.startsWith("arch_specific"));
    assertTrue(expected.size() > 300, () -> "only " + expected.size() + " calls in " + header);
    expected.forEach(
        (number, name) ->
            assertEquals("[syscall " + name + "]", SystemCalls.of(arch).frame(number).name()));
  }
}
