package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Hello;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends more than ten thousand random inputs from a remote client: names, options, formats, ids,
 * numbers. Each refusal must say what to do instead, and have a plain type and a message of
 * printable characters. Files may appear only under allowed names in the one output directory.
 * Afterwards, everything must work.
 */
@Tag("system")
class FuzzIT {

  private static final int ROUNDS = 3_000; // each of four inputs
  private static final String ALPHABET =
      "abzAZ019._-/\\:;,= \t\n\r\0\"'`$%&|<>(){}[]*?~#@!+^\u00e9\u20ac\ud83d\u202e\u001b\u007f";
  private static final String[] WORDS = {
    "..", "../", "/tmp/", ".html", ".jfr", ".pb.gz", ".json", ".txt", ".collapsed", "interval=",
    "1ms", "duration=", "memory=", "64m", "depth=", "engine=", "walker=", "String", "null", "jfr",
    "html", "99999999999999999999", "-1", "%n%s", "con", "NaN", "start=true", "last=", "from=",
        "to=",
    "-10m", "5m", "2026-01-31T12:00:00Z"
  };

  @TempDir private Path outside;

  private final Random random = new Random(20_261_124);
  private final Map<String, Integer> answers = new TreeMap<>();

  private String text() {
    StringBuilder text = new StringBuilder();
    int parts = random.nextInt(5);
    for (int i = 0; i < parts; i++) {
      if (random.nextBoolean()) {
        text.append(WORDS[random.nextInt(WORDS.length)]);
      } else {
        int length = random.nextInt(random.nextInt(50) == 0 ? 3_000 : 8);
        for (int j = 0; j < length; j++) {
          text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
      }
    }
    return text.toString();
  }

  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(10);
      case 1 -> -random.nextInt(10);
      case 2 -> random.nextLong();
      default -> Long.MIN_VALUE + random.nextInt(3);
    };
  }

  @Test
  void shouldRefuseWhateverComes() throws Exception {
    Path directory = outside.resolve("out");
    try (TargetJvm target = TargetJvm.of(Hello.class).agentOptions("dir=" + directory).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=10ms");
      bean.stop();
      for (int i = 0; i < ROUNDS; i++) {
        String options = text();
        String name = text();
        String format = text();
        long id = number();
        answer(bean, "startWith", options);
        if (bean.text("State").equals("RUNNING")) {
          bean.stop(); // the random options happened to be valid
        }
        answer(bean, "dumpToFile", name);
        answer(bean, "openStream", format);
        answer(bean, "reportOf", text());
        answer(bean, "flameGraphDifference", text(), text());
        answer(bean, "dumpDifferenceToFile", name, "", "");
        answer(bean, "openDifferenceStream", format, text(), text());
        answer(bean, "readStream", id);
        answer(bean, "closeStream", id);
      }

      assertTrue(answers.getOrDefault("startWith refused", 0) > ROUNDS / 2, answers::toString);
      assertTrue(answers.getOrDefault("dumpToFile refused", 0) > ROUNDS / 2, answers::toString);
      assertTrue(answers.getOrDefault("dumpToFile done", 0) > 0, answers::toString);
      assertTrue(answers.getOrDefault("reportOf refused", 0) > ROUNDS / 2, answers::toString);
      assertTrue(answers.getOrDefault("readStream refused", 0) > ROUNDS / 2, answers::toString);
      try (Stream<Path> files = Files.walk(outside)) {
        List<Path> strange =
            files
                .filter(file -> !file.equals(outside) && !file.equals(directory))
                .filter(file -> !file.getParent().equals(directory) || !isGood(file))
                .collect(Collectors.toList());
        assertEquals(List.of(), strange);
      }
      assertEquals("IDLE", bean.text("State"));
      assertEquals(List.of(), openFiles(target.pid(), directory), "files that stay open");
      bean.startWith("interval=10ms");
      bean.stop();
    }
  }

  private static List<Path> openFiles(long pid, Path directory) throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return descriptors
          .filter(Files::isSymbolicLink)
          .map(FuzzIT::target)
          .filter(file -> file.startsWith(directory))
          .toList();
    }
  }

  private static Path target(Path link) {
    try {
      return Files.readSymbolicLink(link);
    } catch (IOException closedMeanwhile) {
      return Path.of("");
    }
  }

  private static boolean isGood(Path file) {
    return file.getFileName().toString().matches("[A-Za-z0-9][A-Za-z0-9._-]*");
  }

  private void answer(BeanClient bean, String operation, Object... arguments) throws Exception {
    try {
      Object result = bean.invokeWith(operation, arguments);
      answers.merge(operation + " done", 1, Integer::sum);
      if (operation.startsWith("open")) {
        bean.invokeWith("closeStream", result);
      }
    } catch (Exception thrown) {
      Throwable refusal = BeanClient.refusal(thrown);
      String type = refusal.getClass().getName();
      assertTrue(type.startsWith("java.lang.") || type.startsWith("java.io."), type);
      String message = refusal.getMessage();
      assertTrue(message != null && message.length() > 20, operation + ": " + message);
      assertTrue(message.length() < 2_000, message);
      assertTrue(
          message.chars().allMatch(c -> c >= ' ' && c <= '~'), operation + " says: " + message);
      assertTrue(hasRemedy(message), operation + " gives no remedy: " + message);
      answers.merge(operation + " refused", 1, Integer::sum);
    }
  }

  private static boolean hasRemedy(String message) {
    return Stream.of("valid", "choose", "a name is", "openStream", "=", "use", "close", "start")
        .anyMatch(message::contains);
  }
}
